"""Generates sessions, compares a target with the reference, and shrinks and explains the differences."""
