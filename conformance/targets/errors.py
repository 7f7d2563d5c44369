"""Errors that prevent a verdict on a target."""

from conformance.wire.errors import AdapterFault, TargetError

__all__ = [
    "AdapterFault",
    "GivenUp",
    "NoAnswer",
    "NotPrepared",
    "SupervisorLostError",
    "SupervisorSignalledError",
    "TargetError",
    "UsageFault",
    "WrongAnswer",
]


class UsageFault(TargetError):  # noqa: N818 - named like the exit codes
    """The user asked for something that does not exist or that is impossible."""

    exit_code = 2


class NoAnswer(AdapterFault):
    """The adapter did not answer in time. Each such call takes the whole time limit, so a run allows only a few."""


class WrongAnswer(AdapterFault):
    """One answer has the wrong content. The adapter still runs, and later answers can be valid."""


class NotPrepared(AdapterFault):
    """The target answers, but not as a race needs it: it refuses a call, or `save` writes no pool file."""


class GivenUp(AdapterFault):
    """The adapter failed so often that the kit does not start it again."""


class SupervisorLostError(RuntimeError):
    """The supervisor exited on its own: a fault of the kit or of the machine, not of the target."""


class SupervisorSignalledError(AdapterFault):
    """A signal ended or stopped the supervisor, which is the parent of the target."""
