"""Names, installs, starts, calls and stops targets."""
