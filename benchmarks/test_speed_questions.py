"""Whole questions: against the import of numba and polars, and against the clock."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from queries import DEFAULT_16, WIDE_16

IMPORTS = """
import time
started = time.perf_counter()
import numba, polars
print(time.perf_counter() - started)
"""


def import_seconds():
    """What importing numba and polars takes in a fresh process."""
    run = subprocess.run([sys.executable, "-c", IMPORTS], check=True, capture_output=True)
    return float(run.stdout)


def ask(query):
    """Automaton, exact count, top 20 and the front of memory and MACs."""
    found = query.search()
    return found, found.count(), found.top(20), found.front()


def test_default_query_to_depth_16(benchmark, note):
    """Automaton, count, top 20 and front of 10^29 stacks: at most 0.2 of the imports' time."""
    imports = [import_seconds() for _ in range(5)]
    found, count, top, front = benchmark.pedantic(
        ask, (DEFAULT_16,), rounds=10, iterations=1, warmup_rounds=2
    )
    note("matches", float(count))
    note("states", found.states)
    note("transitions", found.transitions)
    note("front", len(front))
    note("imports seconds", statistics.median(imports))
    note("our seconds", benchmark.stats.stats.median)
    note("of the imports", benchmark.stats.stats.median / statistics.median(imports), "≤ 0.2")
    assert len(top) == 20


def test_input_1024_to_depth_16(benchmark, note):
    """Count, top 20 and front of the floor query with gaps: under 2 s of engine time."""
    found, count, top, front = benchmark.pedantic(
        ask, (WIDE_16,), rounds=3, iterations=1, warmup_rounds=1
    )
    note("matches", float(count))
    note("states", found.states)
    note("transitions", found.transitions)
    note("front", len(front))
    note("our seconds", benchmark.stats.stats.min, "< 2")
    assert len(top) == 20


def test_stages_of_input_1024_to_depth_16(note):
    """The same, stage by stage, once."""
    ask(WIDE_16)
    started = time.perf_counter()
    found = WIDE_16.search()
    for name, question in {
        "automaton": lambda: None,
        "count": found.count,
        "families": found.families,
        "top 20": lambda: found.top(20),
        "front": found.front,
    }.items():
        question()
        now = time.perf_counter()
        note(f"{name} seconds", now - started)
        started = now


def test_input_1024_to_depth_64(note):
    """Closure and exact count of 10^117 stacks: under 10 s and 1.5 GiB, in a process of its own."""
    # Not ru_maxrss: Linux lets a child begin with its parent's.
    program = (
        "from queries import DEFAULT, WIDE_64; import pathlib, time\n"
        "DEFAULT.search().count()\n"
        "started = time.perf_counter(); found = WIDE_64.search(); count = found.count()\n"
        "seconds = time.perf_counter() - started\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "peak = int(status.split('VmHWM:')[1].split()[0]) / 2**20\n"
        "print(seconds, found.states, found.transitions, len(str(count)), peak)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent, check=True, capture_output=True, text=True,
    )  # fmt: skip
    seconds, states, transitions, digits, gibibytes = map(float, run.stdout.split())
    note("states", states)
    note("transitions", transitions)
    note("digits of the count", digits)
    note("our seconds", seconds, "< 10")
    note("peak GiB", gibibytes, "< 1.5")
