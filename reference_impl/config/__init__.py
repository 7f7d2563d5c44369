"""Config: release 1.3.0's `loadConfig` without its defects.

`loader` puts the layers together; `paths` says where the files lie, `json_text` how they are read, `model`
which keys there are, and `environment` what the variables do. All of it is pure; `files` is the one module
that reads.
"""
