"""The writers of reports, and the verdicts and events that they work on."""
