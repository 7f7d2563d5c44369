"""Wrong implementations, one for each requirement: small ways of being wrong that ports have or could have.

Each is a target: `python:tests.wrong.selection:CountsFromOne`. The catalogue names it in `wrong`, in kebab case.
"""
