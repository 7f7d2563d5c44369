"""Shared helpers of the tests: the kit as a command, targets and cases in this process, checkouts, reports."""
