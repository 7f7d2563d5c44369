"""Reports: writers over one stream of events, and the verdicts that follow from it."""
