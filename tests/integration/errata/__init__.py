"""Executes the evidence of every erratum. Each check would fail if the tutorial's statement were true."""
