"""Datasets: rows to Parquet beside polars writing the same ready rows, memory, workers; sweeps."""

import heapq
import json
import random
import resource
import shutil
import subprocess
import sys
import time

import polars as pl

import rfsearch
from rfsearch.enumeration.crew.processes import Processes
from rfsearch.enumeration.dataset import Dataset
from rfsearch.enumeration.making import make
from rfsearch.enumeration.part import COMPRESSION, LEVEL
from rfsearch.enumeration.question import told_of
from rfsearch.enumeration.store import store_at
from rfsearch.enumeration.wanted import GROUP_ROWS, Wanted

ROWS = 1_000_000


def _found():
    return rfsearch.Space(depth=(1, 8)).search(input=227, target_rf=224)


def test_to_parquet(tmp_path, side_by_side, note):
    """Matches to Parquet against polars writing the same rows, which lie ready in memory."""
    found, turn = _found(), iter(range(100))
    ready = pl.concat(list(found.stacks(0, ROWS)))
    how = {"compression": COMPRESSION, "compression_level": LEVEL, "row_group_size": GROUP_ROWS}

    def ours():
        place = tmp_path / str(next(turn))
        found.sink_parquet(place, stop=ROWS)
        return sum(path.stat().st_size for path in place.glob("*.parquet"))

    def theirs():
        ready.write_parquet(tmp_path / "ready.parquet", **how)
        return (tmp_path / "ready.parquet").stat().st_size

    size, _ = side_by_side(ours, theirs, rounds=3, aim="≥ 0.8")
    note("bytes a row", size / ROWS)
    mine, yardstick = (min(_processor(one) for _ in range(3)) for one in (ours, theirs))
    note("ratio of processor times", yardstick / mine)


def _processor(act):
    """Seconds of all threads of this process."""
    started = time.process_time()
    act()
    return time.process_time() - started


def test_memory_is_flat(tmp_path, note):
    """The most memory of a process that writes 10^5 to 10^8 rows; < 1 GiB whatever their number."""
    script = (
        "import sys, rfsearch\n"
        "found = rfsearch.Space(depth=(1, 8)).search(input=227, target_rf=224)\n"
        "found.sink_parquet(sys.argv[1], stop=int(sys.argv[2]))\n"
        # Not ru_maxrss, which a process takes over from the one that starts it.
        "print(next(line for line in open('/proc/self/status') if 'VmHWM' in line).split()[1])\n"
    )
    for power in range(5, 9):
        run = [sys.executable, "-c", script, str(tmp_path / str(power)), str(10**power)]
        started = time.perf_counter()
        peak = int(subprocess.run(run, capture_output=True, check=True).stdout)
        note(f"10^{power} rows: GiB", peak / 2**20, "< 1")
        note(f"10^{power} rows: rows/s", 10**power / (time.perf_counter() - started))
        made = list((tmp_path / str(power)).glob("*.parquet"))
        note(f"10^{power} rows: bytes/row", sum(one.stat().st_size for one in made) / 10**power)
        shutil.rmtree(tmp_path / str(power))


def test_workers(tmp_path, note):
    """Two processes against one, and what is to be expected of more: part times with stragglers."""
    found = _found()
    manifest = Wanted(stop=16 * ROWS, part_rows=ROWS // 2).manifest(found, told_of(found))
    seconds, times = {}, []
    for workers in (1, 2):
        dataset = Dataset.begun(store_at(str(tmp_path / str(workers))), manifest)
        last = started = time.perf_counter()
        for _ in make(dataset, Processes(workers)):
            now = time.perf_counter()
            times += [now - last] if workers == 1 else []
            last = now
        seconds[workers] = last - started
    note("efficiency of 2 processes", seconds[1] / seconds[2] / 2)
    alone, both = _loops(1), _loops(2)
    note("of 2 loops that share nothing", alone / both)
    start = times[0] - sorted(times)[len(times) // 2]
    for workers in (8, 64, 512):
        efficiency, starting, waiting = _simulated(times[1:], start, workers)
        note(f"efficiency of {workers}, simulated", efficiency)
        note(f"{workers}: share lost to the start of workers", starting)
        note(f"{workers}: share lost waiting for the last part", waiting)


def _loops(count):
    """Seconds of so many processes at once, each adding numbers: what the machine itself allows."""
    loop = [sys.executable, "-c", "x = 0\nfor i in range(40_000_000): x += i & 7"]
    started = time.perf_counter()
    for process in [subprocess.Popen(loop) for _ in range(count)]:
        process.wait()
    return time.perf_counter() - started


def _simulated(times, start, workers, parts_each=50):
    """(efficiency, shares of all workers' time lost to their start, and to waiting for the last).

    Each worker takes the next part: starting costs `start`, and 1% of parts take 5 times as long.
    """
    draw = random.Random(0)
    parts = [
        draw.choice(times) * (5 if draw.random() < 0.01 else 1) for _ in range(workers * parts_each)
    ]
    free = [start] * workers  # a heap: the worker that is free first takes the next part
    for part in parts:
        heapq.heapreplace(free, free[0] + part)
    total = max(free) * workers
    return sum(parts) / total, start * workers / total, (total - sum(free)) / total


def test_sweep(tmp_path, note):
    """16 inputs × 31 targets at depth 1..10 against the separate commands; some of these run.

    Of all processes and threads, so that it does not matter how many processors there are.
    """
    command = [sys.executable, "-m", "rfsearch"]
    inputs, targets = range(32, 513, 32), range(31, 512, 16)
    grid = ["--input", "32..512:32", "--target-rf", "31..511:16", "--format", "parquet"]
    file = str(tmp_path / "s.parquet")
    swept, _ = _spent([*command, "sweep", *grid, "-o", file])
    rows = pl.read_parquet(file)
    assert len(rows) == len(inputs) * len(targets) * 10
    separate = []
    for one, target in random.Random(0).sample([(i, t) for i in inputs for t in targets], 12):
        words = ["--input", str(one), "--target-rf", str(target), "--format", "json"]
        seconds, said = _spent([*command, *words])
        separate.append(seconds)
        counts = rows.filter(input=one, target_rf=target)["matches"]
        assert sum(counts) == int(json.loads(said)["matches"])
    every = sum(separate) / len(separate) * len(inputs) * len(targets)
    note("processor seconds", swept)
    note("of the separate commands", swept / every, "≤ 0.25")


def _spent(words):
    """(processor seconds of a command and its workers, what it printed)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(words, capture_output=True, check=False).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, said
