"""The curve: states, transitions and seconds against depth, input and choices, as CSV.

    python benchmarks/curve.py            every line (some minutes)
    python benchmarks/curve.py --quick    the smaller half

One axis is varied at a time around the floor query with gaps. `labels` is the size of the
memory-MACs front, the one set of labels that a question hands out.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from dataclasses import replace

from queries import KERNELS, WIDE_16, Measured

from rfsearch import LimitError

DEPTHS = (4, 8, 12, 16, 24, 32, 48, 64)
INPUTS = (64, 128, 256, 512, 1024, 2048, 4096)
KERNEL_SETS = tuple(KERNELS[:count] for count in range(2, len(KERNELS) + 1))


def points(quick: bool) -> list[tuple[str, Measured]]:
    """What is measured, the varied axis first."""
    small = replace(WIDE_16, input=256, target=255)
    lines = [("depth", replace(small if quick else WIDE_16, depth=depth)) for depth in DEPTHS]
    lines += [
        ("input", replace(WIDE_16, input=size, target=size - 1))
        for size in INPUTS
        if size <= (1024 if quick else 4096)
    ]
    lines += [("choices", replace(small, kernel=kernels)) for kernels in KERNEL_SETS]
    return lines


def measure(query: Measured) -> dict[str, object]:
    """One line: sizes and seconds of the automaton and of each question."""
    started = time.perf_counter()
    try:
        found = query.search()
        built = time.perf_counter()
        count = found.count()
        counted = time.perf_counter()
        labels = len(found.front())
        finished = time.perf_counter()
    except LimitError as error:
        return {"stopped": str(error)}
    return {
        "states": found.states,
        "transitions": found.transitions,
        "labels": labels,
        "matches": f"{float(count):.3g}" if count < 10**300 else f"10^{len(str(count)) - 1}",
        "automaton_s": f"{built - started:.4f}",
        "count_s": f"{counted - built:.4f}",
        "front_s": f"{finished - counted:.4f}",
    }


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description="states, transitions and times as CSV")
    arguments.add_argument("--quick", action="store_true", help="the smaller half only")
    quick = arguments.parse_args().quick
    measure(replace(WIDE_16, input=64, target=63))  # compiles or loads every kernel
    columns = [
        "axis",
        "depth",
        "input",
        "choices",
        "states",
        "transitions",
        "labels",
        "matches",
        "automaton_s",
        "count_s",
        "front_s",
        "stopped",
    ]
    table = csv.DictWriter(sys.stdout, columns)
    table.writeheader()
    for axis, query in points(quick):
        known = {"axis": axis, "depth": query.depth, "input": query.input}
        table.writerow({**known, "choices": query.space.choices, **measure(query)})
        sys.stdout.flush()


if __name__ == "__main__":
    main()
