"""The parent of every target: `serve.py` is run as a process; the rest is what it does."""
