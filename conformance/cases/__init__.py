"""The checks: one pytest module per section of the catalogue, in its order; `run` starts them."""
