"""Every erratum's evidence, executed: each check fails if the tutorial's statement were true."""
