"""rfsearch beside its peers: one file a peer, each in the form that its own experts would use.

    python -m benchmarks.peers              all of them, then benchmarks/peers.md

A peer's file has NEEDS, the packages of the extra `peers` that it takes, LIMIT, its seconds, and
`comparisons(tiny)`. How they are run, timed and written down is in `runner/`.
"""

import sys
from pathlib import Path

# queries.py and native.py stand there, beside the other benchmarks.
sys.path.insert(0, str(Path(__file__).parents[1]))
