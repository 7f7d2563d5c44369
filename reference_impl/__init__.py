"""The executable reference: account selection and config loading of opencode-antigravity-auth, to be read.

The core is pure. Clock and process id are handed in with each call, files and environment by the caller; nothing
here looks at the machine but `adapter`, which serves the reference over the wire, and `config.files`.
"""
