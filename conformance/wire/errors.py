"""Errors that prevent a verdict on a target. They are here because `files` raises one too."""


class TargetError(Exception):
    """A target cannot be judged. The kit shows the user only the message."""

    exit_code = 3


class AdapterFault(TargetError):  # noqa: N818 - named like the exit codes
    """The adapter cannot be started, exited too early, or does not follow the wire protocol."""

    exit_code = 3
