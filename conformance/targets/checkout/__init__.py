"""`plugin:PATH`: a checkout of the plugin or of a fork, bundled into the cache and judged through the same adapter."""

from conformance.targets.checkout.preparation import Prepared, prepare

__all__ = ["Prepared", "prepare"]
