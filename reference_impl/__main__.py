"""`python -m reference_impl`: the reference, served over the wire."""

from conformance.wire import serve
from reference_impl.adapter import ReferenceAdapter

serve(ReferenceAdapter())
