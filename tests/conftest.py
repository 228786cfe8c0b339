"""What all tests share: which of them need compiled kernels, and how Hypothesis draws.

Seeds are fixed, so that a green run stays green. `RFSEARCH_NIGHTLY=50 pytest` draws with seeds of
its own, and fifty times as many examples where tests list a space beside the engine; and it runs
those marked `nightly`, each of which takes longer than a whole file of others, and in full what
others do in part (`often`).
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings

PLAIN_PYTHON = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
NIGHTLY = int(os.environ.get("RFSEARCH_NIGHTLY", "0"))
FIXED = NIGHTLY == 0
TIMES = max(NIGHTLY, 1)


def often(by_day, by_night):
    """How much of what a test repeats is in every run, and how much where RFSEARCH_NIGHTLY is."""
    return by_night if NIGHTLY else by_day


# Where a machine checks (CI), a failing example is not made smaller: spaces take long to shrink,
# and a failure is to be told in a minute and not in ten. At home the same test shrinks it.
PHASES = [phase for phase in Phase if phase is not Phase.shrink or not os.environ.get("CI")]

# No test asserts a time, and a busy machine draws slowly.
settings.register_profile(
    "rfsearch", deadline=None, derandomize=FIXED, print_blob=not FIXED, phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.load_profile("rfsearch")


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(reason="millions of steps, too slow without compiled kernels")
    long = pytest.mark.skip(reason="long: it runs where RFSEARCH_NIGHTLY is set")
    for item in items:
        if PLAIN_PYTHON and item.get_closest_marker("compiled"):
            item.add_marker(skip)
        if FIXED and item.get_closest_marker("nightly"):
            item.add_marker(long)


def pytest_terminal_summary(terminalreporter):
    """Say why tests were skipped, a line a reason."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
        if not isinstance(report.longrepr, str)
    )
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason}")
