"""Config loading, as `loadConfig` of each release does it, and without the defects of the releases.

`loader` merges the layers. `paths`, `keys` and `environment` are tables: where the files are, which keys exist, and
what the variables set. Each row has a range of releases. `json_text` parses as JavaScript does. Everything is pure
except `files`, which reads from disk.
"""
