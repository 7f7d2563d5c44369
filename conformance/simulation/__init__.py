"""Simulates agents that share accounts, in virtual time. The code of a target selects; SimPy runs the clock."""
