"""Conformance suite for the account selection and config loading of opencode-antigravity-auth."""

__version__ = "0.1.0"
