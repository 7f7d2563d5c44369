"""The executable reference for account selection and config loading of opencode-antigravity-auth.

The core is pure: the caller passes clock, PID, files and environment. Only `adapter`, which serves the reference over
the wire, and `config.files` read the machine.
"""
