"""What can go wrong with a target, apart from its verdicts."""


class TargetError(Exception):
    """A target cannot be judged; the message is all that the user is told."""

    exit_code = 3


class UsageFault(TargetError):  # noqa: N818 - named as the exit codes are
    """The user asked for something that does not exist or cannot be done."""

    exit_code = 2


class AdapterFault(TargetError):  # noqa: N818
    """The adapter cannot be started, ended too early, or does not speak the wire."""

    exit_code = 3


class NoAnswer(AdapterFault):
    """The adapter gave no answer in time. Each costs the whole time limit, so a run does not wait for many."""


class WrongAnswer(AdapterFault):
    """One answer has the wrong content. The adapter still runs, and what it is asked next may be answered rightly."""


class GivenUp(AdapterFault):
    """The adapter failed so often that it is not started any more."""


class SupervisorLostError(RuntimeError):
    """The supervisor ended on its own: a fault of the suite or of the machine, not of the target."""


class SupervisorSignalledError(AdapterFault):
    """A signal ended or stopped the supervisor, which is the parent of the target."""
