"""The list of ports, and two ways to make one: a subclass of the reference adapter, or a patched function."""

import functools
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from conformance.json_type import Json
from conformance.wire.scenario import Call, Scenario
from reference_impl.adapter import ReferenceAdapter

Original = Callable[..., Any]  # the function of the reference that a port replaces
Files = Mapping[str, Mapping[str, Json]]
Adapter = TypeVar("Adapter", bound=type[ReferenceAdapter])


@dataclass(frozen=True)
class Port:
    """One port. `factory` is its place in the code, as in `python:MODULE:ATTRIBUTE`.

    The proof is a scenario that the port answers differently from the reference. `environment` has variables of the
    machine that the proof needs.
    """

    name: str
    fault: str
    factory: str
    create: Callable[[], object]
    proof: Scenario
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def section(self) -> str:
        return self.name.partition("/")[0]


_PORTS: dict[str, Port] = {}


def all_ports() -> dict[str, Port]:
    """Returns the ports of all modules of this package, by name."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name != "__main__":
            importlib.import_module(f"tests.fakes.blind.{module.name}")
    return dict(sorted(_PORTS.items()))


@dataclass(frozen=True)
class Section:
    """A section of the catalogue: adds the ports that are wrong there."""

    name: str

    def port(
        self, *proof: Call, files: Files | None = None, environment: Mapping[str, str] | None = None
    ) -> Callable[[Adapter], Adapter]:
        """Adds an adapter: a subclass of the reference."""

        def add(adapter: Adapter) -> Adapter:
            self._add(adapter, adapter, Scenario(proof, files or {}), environment or {})
            return adapter

        return add

    def patch(
        self, owner: object, name: str, *proof: Call, files: Files | None = None
    ) -> Callable[[Callable[..., Any]], Callable[[], object]]:
        """Adds the reference with one function replaced, while it answers a call.

        `owner` is the module or class of the function. The decorated function takes the original function first.
        """

        def add(function: Callable[..., Any]) -> Callable[[], object]:
            patch = _patch(owner, name, function)

            def create() -> object:
                return Patched(ReferenceAdapter(), patch)

            self._add(function, create, Scenario(proof, files or {}), {})
            return create

        return add

    def _add(self, written: Any, create: Callable[[], object], proof: Scenario, environment: Mapping[str, str]) -> None:
        words = "-".join(re.findall(r"[A-Z]?[a-z]+|[0-9]+|[A-Z]", written.__name__)).lower()
        name = f"{self.name}/{words}"
        if name in _PORTS:
            raise ValueError(f"two ports have the name {name!r}")
        fault = " ".join((written.__doc__ or "").split())
        _PORTS[name] = Port(name, fault, f"{written.__module__}:{written.__name__}", create, proof, environment)


@dataclass(frozen=True)
class Patch:
    """A replacement of one function, at every place where the reference has a reference to it."""

    places: tuple[tuple[object, str], ...]
    original: Original
    replacement: Original

    @contextmanager
    def applied(self) -> Iterator[None]:
        for owner, name in self.places:
            setattr(owner, name, self.replacement)
        try:
            yield
        finally:
            for owner, name in self.places:
                setattr(owner, name, self.original)


def _patch(owner: object, name: str, function: Callable[..., Any]) -> Patch:
    original = vars(owner)[name]
    owners = [owner] if not isinstance(owner, ModuleType) else _modules_with(name, original)

    @functools.wraps(original)
    def replacement(*args: Any, **params: Any) -> Any:
        return function(original, *args, **params)

    return Patch(tuple((each, name) for each in owners), original, replacement)


def _modules_with(name: str, original: Original) -> list[ModuleType]:
    modules = [module for key, module in sys.modules.items() if key.startswith("reference_impl")]
    return [module for module in modules if vars(module).get(name) is original]


class Patched:
    """An adapter whose patch is in force only during its calls, so that ports in one process do not meet."""

    def __init__(self, adapter: ReferenceAdapter, patch: Patch) -> None:
        self._adapter = adapter
        self._patch = patch

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._adapter, name)

        @functools.wraps(method)
        def call(**params: Any) -> Json:
            with self._patch.applied():
                return method(**params)

        return call
