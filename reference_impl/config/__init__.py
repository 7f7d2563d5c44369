"""Config: `loadConfig` of every release, and without their defects.

`loader` merges the layers. `paths`, `keys` and `environment` are tables with the range of releases of each row: where
the files are, which keys exist, and what the variables set. `json_text` parses as JavaScript does. Everything is pure
except `files`, which reads from disk.
"""
