"""The type of any JSON value, for whatever crosses the wire or comes from a file."""

from typing import Any, TypeAlias

# Null, boolean, number, string, list or object. A recursive type would need a cast at every key that is read; where the
# shape is known, a dataclass or a pydantic model is used instead.
Json: TypeAlias = Any
