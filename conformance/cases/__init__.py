"""The checks: one pytest module per section of the catalogue, in its order. `antigravity-conformance run` starts them."""
