"""`python -m rfsearch` is the same as `rfsearch`."""

import sys

from rfsearch.cli import main

sys.exit(main())
