"""What is found out about a target by asking it."""
