"""Config: `loadConfig` of every release, and without their defects.

`loader` puts the layers together; `paths` says where the files lie, `json_text` how they are read, `keys` which keys
there are, and `environment` what the variables do: tables with the releases that have each row. All of it is pure;
`files` is the one module that reads.
"""
