"""The record of the calls and answers of many processes, kept for the report of a failure."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from conformance.json_type import Json
from conformance.wire.answers import Answer
from conformance.wire.files import place_free, replace_text
from conformance.wire.scenario import ROOT, show_answer

SELECTION_KEYS = ("account_selection_strategy", "pid_offset_enabled")


class Entry(BaseModel):
    """One event of a process: its start, its end by the suite, or a call."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    order: int = Field(description="number of the entry, from 1")
    process: int = Field(description="number of the process, from 1")
    pid: int = Field(description="PID of the process")
    did: str = Field(description="`started`, `killed`, or the method that the process was asked")
    params: dict[str, Json] = Field(
        default={}, description="parameters of the method; left out for `started` and `killed`"
    )
    answer: Json = Field(default=None, description="answer of the process; left out for `started` and `killed`")
    at_ms: float = Field(description="milliseconds since the start of the record")


@dataclass
class Record:
    """Entries in the order of events. An answer counts from when it was read.

    `folder` is the temporary folder of the processes. Paths in it are replaced, because they change from run to run.
    """

    folder: str
    entries: list[Entry] = field(default_factory=list)
    _began_s: float = field(default_factory=time.monotonic)

    def note(self, process: int, pid: int, did: str, **more: Json) -> None:
        """Add an event. `more` are `params` and `answer`."""
        at_ms = round((time.monotonic() - self._began_s) * 1000, 1)
        order = len(self.entries) + 1
        self.entries.append(Entry(order=order, process=process, pid=pid, did=did, at_ms=at_ms, **more))

    def note_answers(
        self, process: int, pid: int, calls: Sequence[tuple[str, Mapping[str, Json]]], answers: Sequence[Answer]
    ) -> None:
        """Add calls with their answers. Leaves out the pool, which the scenario has, and all config keys but two."""
        for (method, params), answer in zip(calls, answers, strict=True):
            kept = {key: value for key, value in params.items() if key != "pool"}
            shown = show_answer(place_free(answer, self.folder))
            if isinstance(shown, dict) and isinstance(shown.get("config"), dict):
                shown = {key: shown["config"].get(key) for key in SELECTION_KEYS}
            self.note(process, pid, method, params=replace_text(kept, self.folder, ROOT), answer=shown)
