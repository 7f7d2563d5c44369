"""Tests of this project itself."""
