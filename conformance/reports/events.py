"""The stream of events: one JSON object a line, appended as things happen, so that a run cut short leaves it."""

import json
import os
from pathlib import Path
from typing import Any

Event = dict[str, Any]


def append_event(path: Path, event: Event) -> None:
    """Append with one write, so that a line is there wholly or not at all."""
    line = json.dumps(event, ensure_ascii=True, separators=(",", ":")) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode("ascii"))
    finally:
        os.close(descriptor)


def read_events(path: Path) -> list[Event]:
    """All events; a last line that was cut short is left out."""
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    return [json.loads(line) for line in lines[:-1]]
