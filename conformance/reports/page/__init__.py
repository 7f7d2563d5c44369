"""Self-contained HTML pages: the data that they show, and the templates that show it."""
