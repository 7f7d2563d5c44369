"""How a target is named, installed, started, talked to and stopped."""
