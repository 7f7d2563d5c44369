"""Advice to users: which release is installed, which config is in force, and which settings suit their agents."""
