"""One request of an agent, and what became of it."""

from dataclasses import dataclass


@dataclass
class Request:
    """One request of an agent. Times are milliseconds from the start of the run.

    `answered_ms` is when the server accepted it, and `label` the account. A request without `ended_ms` is still in the
    loop, or still running. If it has ended without a label, the plugin gave up.
    """

    agent: int
    began_ms: float
    answered_ms: float | None = None
    ended_ms: float | None = None
    label: str | None = None
    rejections: int = 0
    resent_tokens: float = 0
