"""The supervisor: the parent process of every target. The kit runs `serve.py`, which uses the other modules."""
