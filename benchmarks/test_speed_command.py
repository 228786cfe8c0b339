"""The whole command as a process, against the imports and against bare Python."""

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "rfsearch"]
SEARCH = [*COMMAND, "--target-rf", "224", "--input", "227"]
IMPORTS = [sys.executable, "-c", "import numba, polars"]
NOTHING = [sys.executable, "-c", "pass"]


def seconds_of(command, **environment):
    """Wall and processor time of one run; bytecode is kept, as an installed package has it."""
    environment = {**os.environ, **environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, worked


COMMANDS = {
    "second run": (SEARCH, IMPORTS, 7, "≤ 1.6, aim 0.9"),
    "count": ([*SEARCH, "--count"], IMPORTS, 7, "aim 0.5"),
    "reach": ([*COMMAND, "reach", "--input", "227"], SEARCH, 5, "≤ 2"),
    "help": ([*COMMAND, "--help"], NOTHING, 15, "aim 2"),
    "show": ([*COMMAND, "show", "96C11S4-MP3S2", "--input", "227"], NOTHING, 15, ""),
}


CONFIGS = Path(__file__).parent.parent / "configs"
PRESETS = sorted(path for path in CONFIGS.glob("*.toml") if path.stem != "main")
COMMANDS |= {
    f"reach of {path.stem}": (
        [*COMMAND, "reach", "--config", str(path)],
        [*COMMAND, "--config", str(path)],
        3,
        "≤ 2",
    )
    for path in PRESETS
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command(name, note):
    """Medians of runs in turn, after one run of each."""
    ours, theirs, rounds, aim = COMMANDS[name]
    seconds_of(ours), seconds_of(theirs)
    pairs = [(seconds_of(ours), seconds_of(theirs)) for _ in range(rounds)]
    for kind, what in enumerate(("", "processor ")):
        our_median = statistics.median(one[kind] for one, _ in pairs)
        their_median = statistics.median(other[kind] for _, other in pairs)
        note(f"our {what}seconds", our_median)
        note(f"yardstick {what}seconds", their_median)
        note(f"times the {what}yardstick", our_median / their_median, aim)


def test_first_run_ever(tmp_path, note):
    """An empty cache: everything compiles, with a message."""
    note("our seconds", seconds_of(SEARCH, NUMBA_CACHE_DIR=str(tmp_path))[0], "aim 8")
