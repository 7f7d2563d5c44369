"""`python -m reference_impl [PROFILE]`: the reference, served over the wire."""

import sys

from conformance.wire import serve
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import UnknownProfile
from reference_impl.releases import RECOMMENDED

try:
    adapter = ReferenceAdapter(sys.argv[1] if len(sys.argv) > 1 else RECOMMENDED)
except UnknownProfile as error:
    sys.exit(str(error))
serve(adapter)
