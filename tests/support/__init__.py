"""What tests share: the kit as a command, targets and cases in this process, small checkouts, made-up reports."""
