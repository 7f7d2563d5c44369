"""The lab: decides the hypotheses of hypotheses.toml by simulation, and writes docs/does-the-advice-hold.md."""
