"""The gate: holds the file calls of a process until the kit lets them go (Linux seccomp user notification)."""
