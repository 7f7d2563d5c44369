"""Many real processes of one target, and pools that are chosen to fit their PIDs."""
