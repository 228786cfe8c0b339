"""Exports sampled stacks to every framework and verifies each: `python benchmarks/verify_many.py`.

Stacks are drawn uniformly, with a fixed seed, from the default query, from a floor and a ceil
query with pools and dilation, and from each preset in configs/; where config files are named,
from those alone. The table that it prints is recorded in benchmarks/verified.md with -o. Exit
code 1 where any figure differs. Needs the extras onnx, torch and keras; a count of 0 leaves a
framework out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from rfsearch import LimitError, Space, config
from rfsearch.options import BUDGET
from rfsearch.request import Request
from rfsearch.verify import check
from rfsearch.verify.claim import Claim, of_rows

SEED = 224
COUNTS = {"onnxruntime": 500, "torch": 50, "keras": 20}
PRESETS = Path(__file__).parent.parent / "configs"

# Every so many of a sample are run at full width, with weights; of the rest the whole network's
# shapes are inferred, and only the one-channel copy runs.
RUN_EVERY = 10


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


def queries(configs: list[Path]) -> Iterator[Query]:
    """The queries to sample from: those of the files, or, without any, all that are known."""
    if not configs:
        yield Query("default: 227, RF 224", Space().search(227, 224), 227)
        space = Space(
            kernel=(2, 3, 5),
            stride=(1, 2, 3),
            dilation=(1, 2),
            op=("conv", "maxpool", "avgpool"),
            padding=[0, 1, 2, "same"],
            depth=(1, 8),
        )
        floor = space.search(224, (100, 130), rounding="floor")
        yield Query("floor, pools, dilation, same: 224, RF 100..130", floor, 224)
        ceil = space.search(100, (40, 60), rounding="ceil")
        yield Query("ceil, pools, dilation, same: 100, RF 40..60", ceil, 100)
    for path in configs or sorted(PRESETS.glob("*.toml")):
        yield preset(path)


def preset(path: Path) -> Query:
    """The query of a config; without its budgets where they make sampling infeasible."""
    request = Request.of({}, str(path), config.options(path.read_bytes(), path.name))
    space = request.space()
    try:
        found = space.search(**request.question())
        found.sample(1, seed=SEED)
    except LimitError:
        budgets = request.of_room(BUDGET)
        request = replace(request, options={**request.options, **dict.fromkeys(budgets)})
        found = space.search(**request.question())
    return Query(path.name, found, request["input"], request["axes"], request["input_channels"])


def main() -> int:
    """Verify as many of each as the flags say; write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configs", nargs="*", type=Path, metavar="CONFIG.toml")
    for name, count in COUNTS.items():
        parser.add_argument(f"--{name}", type=int, default=count, metavar="COUNT")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    lines = [
        "| framework | query | stacks | as claimed | different | at full width | seconds |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    different = 0
    for query in queries(arguments.configs):
        for framework in COUNTS:
            count = getattr(arguments, framework)
            if not count:
                continue
            line, wrong = verified(query, framework, count)
            different += wrong
            lines.append(line)
            print(line, file=sys.stderr)
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if arguments.output:
        arguments.output.write_text(HEADING.format(seed=SEED) + text, encoding="utf-8")
    return 1 if different else 0


def verified(query: Query, framework: str, count: int) -> tuple[str, int]:
    """The row of the table for one query in one framework, and how many stacks differ."""
    began, wrong, ran, done = perf_counter(), 0, 0, 0
    for place, claim in enumerate(query.claims(count)):
        verdict = check(claim, framework, run=place % RUN_EVERY == 0)
        done += 1
        ran += verdict.ran
        wrong += bool(verdict.differences)
        for line in verdict.differences:
            sizes = "×".join(map(str, claim.network.input))
            print(f"{framework}: {claim.stack} on {sizes}: {line}", file=sys.stderr)
    seconds = round(perf_counter() - began)
    return (
        f"| {framework} {version(framework)} | {query.name} | {done} | {done - wrong} | {wrong} "
        f"| {ran} | {seconds} |",
        wrong,
    )


HEADING = """# Stacks built, run and measured

Written by `python benchmarks/verify_many.py -o benchmarks/verified.md` (seed {seed}). Of every
stack, output size, parameters, MACs, receptive field, jump, centre and padding as the search
claims them are compared with what the framework says of the exported network; none is skipped.
Every tenth is run at full width, with weights; of the others shape, parameters and MACs come from
the framework's own inference. The receptive field is always measured by running the one-channel
copy.

"""

if __name__ == "__main__":
    sys.exit(main())
