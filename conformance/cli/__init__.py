"""The command line: thin. Each command is a module with `add_arguments` and `main`."""
