"""Exports sampled stacks to every framework and verifies each: `python benchmarks/verify_many.py`.

Stacks are drawn uniformly, with a fixed seed, from the default query, from a floor and a ceil
query with pools and dilation, and from each preset in configs/; where queries are named, `default`,
`floor`, `ceil` or a config file, from those alone. With -o the table that it prints is recorded,
row by row as they are done; rows of other queries stay in the record. Exit code 1 where any figure
differs. Needs the extras onnx, torch and keras; a count of 0 leaves a framework out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

from rfsearch import LimitError, Space
from rfsearch.claims import check
from rfsearch.claims.claim import Claim, of_rows
from rfsearch.question.found import Found
from rfsearch.request import config
from rfsearch.request.options import BUDGET
from rfsearch.request.request import Request

SEED = 224
COUNTS = {"onnxruntime": 500, "torch": 50, "keras": 20}
PRESETS = Path(__file__).parent.parent / "configs"

# Every so many of a sample are run at full width, with weights, until those run have this many
# parameters together (fully connected heads have a hundred million); of the rest the whole
# network's shapes are inferred, and only the one-channel copy runs.
RUN_EVERY = 10
RUN_PARAMS = 2**29


@dataclass(frozen=True)
class Query:
    """What was found, and the input that it was asked for."""

    name: str
    found: Any
    input: Any
    axes: int | None = None
    channels: int = 3

    def claims(self, count: int, seed: int = SEED) -> Iterator[Claim]:
        """What the search's own columns say of each sampled stack."""
        rows = self.found.sample(count, seed=seed).to_dicts()
        return of_rows(rows, self.input, self.axes, self.channels, self.name)


def default() -> Query:
    """The query of the README's first example."""
    return Query("default: 227, RF 224", Space().search(227, 224), 227)


def floor(depth: int = 8) -> Query:
    """Pools, dilation and `same`, sizes rounded down."""
    found = _pools_and_dilation(depth).search(224, (100, 130), rounding="floor")
    return Query("floor, pools, dilation, same: 224, RF 100..130", found, 224)


def ceil(depth: int = 8) -> Query:
    """The same, sizes of pools rounded up."""
    found = _pools_and_dilation(depth).search(100, (40, 60), rounding="ceil")
    return Query("ceil, pools, dilation, same: 100, RF 40..60", found, 100)


def _pools_and_dilation(depth: int) -> Space:
    return Space(
        kernel=(2, 3, 5),
        stride=(1, 2, 3),
        dilation=(1, 2),
        op=("conv", "maxpool", "avgpool"),
        padding=[0, 1, 2, "same"],
        depth=(1, depth),
    )


BUILT_IN: dict[str, Callable[[], Query]] = {"default": default, "floor": floor, "ceil": ceil}


def names() -> list[str]:
    """Every query known by name or path, in the order of the record."""
    return [*BUILT_IN, *map(str, sorted(PRESETS.glob("*.toml")))]


def query(name: str) -> Query:
    """The query of this name, or that of a config file."""
    return BUILT_IN[name]() if name in BUILT_IN else preset(Path(name))


def preset(path: Path, budgets: bool = True) -> Query:
    """The query of a config; without its budgets where they make sampling infeasible."""
    request = Request.of({}, str(path), config.options(path.read_bytes(), path.name))
    name = path.name
    found = Found._of(request) if budgets else None
    try:
        if found:
            found.sample(1, seed=SEED)
    except LimitError:
        found = None
    if found is None:
        left_out = request.of_room(BUDGET)
        request = replace(request, options={**request.options, **dict.fromkeys(left_out)})
        found = Found._of(request)
        name += f", without {', '.join(left_out)}"
    return Query(name, found, request["input"], request["axes"], request["input_channels"])


@dataclass(frozen=True)
class Line:
    """The row of the table for one query in one framework, and how many stacks differ."""

    framework: str
    query: str
    stacks: int
    different: int
    ran: int
    seconds: int

    def __str__(self) -> str:
        same = self.stacks - self.different
        cells = (self.framework, self.query, self.stacks, same, self.different, self.ran)
        return f"| {' | '.join(map(str, cells))} | {self.seconds} |"


def main() -> int:
    """Verify as many of each as the flags say; write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = f"{', '.join(BUILT_IN)} or a config file; default: all of these and of configs/"
    parser.add_argument("queries", nargs="*", metavar="QUERY", help=known)
    for name, count in COUNTS.items():
        parser.add_argument(f"--{name}", type=int, default=count, metavar="COUNT")
    parser.add_argument("--jobs", type=int, default=1, help="queries verified at a time")
    parser.add_argument("-o", "--output", type=Path, help="the record")
    arguments = parser.parse_args()
    counts = {name: getattr(arguments, name) for name in COUNTS}
    record = recorded(arguments.output)
    print(TABLE, end="")
    different = 0
    for line in verified(arguments.queries or names(), counts, arguments.jobs):
        different += line.different
        print(line, flush=True)
        record[line.framework.split()[0], line.query] = str(line)
        if arguments.output:
            text = "".join(f"{row}\n" for row in record.values())
            arguments.output.write_text(HEADING.format(seed=SEED) + TABLE + text, encoding="utf-8")
    return 1 if different else 0


def recorded(path: Path | None) -> dict[tuple[str, str], str]:
    """The rows of an earlier record by (framework, query)."""
    if path is None or not path.exists():
        return {}
    rows = path.read_text(encoding="utf-8").partition(TABLE)[2].splitlines()
    cells = [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows]
    return {(one[0].split()[0], one[1]): row for one, row in zip(cells, rows, strict=True)}


def verified(chosen: list[str], counts: dict[str, int], jobs: int) -> Iterator[Line]:
    """The lines of every query in turn, so many queries at a time."""
    if jobs == 1:
        for name in chosen:
            yield from of_query(name, counts)
        return
    # Frameworks with threads of their own do not survive a fork.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for lines in pool.map(listed, chosen, [counts] * len(chosen)):
            yield from lines


def listed(name: str, counts: dict[str, int]) -> list[Line]:
    """The lines of one query, as a list, which a process may return."""
    return list(of_query(name, counts))


def of_query(name: str, counts: dict[str, int]) -> Iterator[Line]:
    """One line a framework, from samples of one search."""
    asked = query(name)
    for framework, count in counts.items():
        if count:
            yield in_framework(asked, framework, count)


def in_framework(asked: Query, framework: str, count: int) -> Line:
    """Verify so many stacks of a query; what differs is told on stderr."""
    began, wrong, ran, done, params = perf_counter(), 0, 0, 0, 0
    for place, claim in enumerate(asked.claims(count)):
        run = place % RUN_EVERY == 0 and params < RUN_PARAMS
        verdict = check(claim, framework, run=run)
        done += 1
        ran += verdict.ran
        params += verdict.ran * claim.network.totals["params"]
        wrong += bool(verdict.differences)
        for line in verdict.differences:
            sizes = "×".join(map(str, claim.network.input))
            print(f"{framework}: {claim.stack} on {sizes}: {line}", file=sys.stderr)
    named, seconds = f"{framework} {version(framework)}", round(perf_counter() - began)
    return Line(named, asked.name, done, wrong, ran, seconds)


HEADING = """# Stacks built, run and measured

Written by `python benchmarks/verify_many.py -o benchmarks/verified.md` (seed {seed}). Of every
stack, output size, parameters, MACs, receptive field, jump, centre and padding as the search
claims them are compared with what the framework says of the exported network; none is skipped.
Every tenth is run at full width, with weights, as long as those run have less than 2^29 parameters
together; of the others shape, parameters and MACs come from the framework's own inference. The
receptive field is always measured by running the one-channel copy. Presets are sampled under their
own budgets; where that cannot be, the row says without which.

"""

TABLE = """\
| framework | query | stacks | as claimed | different | at full width | seconds |
|---|---|---:|---:|---:|---:|---:|
"""

if __name__ == "__main__":
    sys.exit(main())
