"""Races: processes of one target that use one pool file, in every order of their file calls."""
