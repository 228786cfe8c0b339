"""Exports sampled stacks to every framework and verifies each: `python benchmarks/verify_many.py`.

Stacks are drawn uniformly, with a fixed seed, from the default query, from a floor query with
pools and dilation, and from each preset in configs/. The table that it prints is recorded in
benchmarks/verified.md with -o. Exit code 1 where any figure differs. Needs the extras onnx, torch
and keras; a count of 0 leaves a framework out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from rfsearch import Found, LimitError, Space, config, parse
from rfsearch.options import BUDGET
from rfsearch.request import Request
from rfsearch.verify import check
from rfsearch.verify.claim import FIGURES, Claim

SEED = 224
COUNTS = {"onnxruntime": 500, "torch": 50, "keras": 20}
CONFIGS = Path(__file__).parent.parent / "configs"

# Every so many of a sample are run at full width, with weights; of the rest the whole network's
# shapes are inferred, and only the one-channel copy runs.
RUN_EVERY = 10


def queries() -> Iterator[tuple[str, Found, int, int]]:
    """(name, what was found, input size, input channels) of every query to sample from."""
    space = Space()
    yield "default: 227, RF 224", space.search(227, 224), 227, 3
    space = Space(
        kernel=(2, 3, 5),
        stride=(1, 2, 3),
        dilation=(1, 2),
        op=("conv", "maxpool", "avgpool"),
        padding=[0, 1, 2, "same"],
        depth=(1, 8),
    )
    found = space.search(224, (100, 130), rounding="floor")
    yield "floor, pools, dilation, same: 224, RF 100..130", found, 224, 3
    for path in sorted(CONFIGS.glob("*.toml")):
        yield path.name, *preset(path)


def preset(path: Path) -> tuple[Found, int, int]:
    """The query of a preset; without its budgets where they make counting infeasible."""
    request = Request.of({}, str(path), config.options(path.read_bytes(), path.name))
    space, size = request.space(), request["input"]
    try:
        found = space.search(**request.question())
        found.sample(1, seed=SEED)
    except LimitError:
        budgets = request.of_room(BUDGET)
        request = replace(request, options={**request.options, **dict.fromkeys(budgets)})
        found = space.search(**request.question())
    return found, size, request["input_channels"]


def claims(found: Found, count: int, size: int, channels: int) -> Iterator[Claim]:
    """What the search's own columns say of each sampled stack."""
    for row in found.sample(count, seed=SEED).iter_rows(named=True):
        network = parse(row["stack"], size, channels)
        yield Claim(row["stack"], network, {name: row[name] for name in FIGURES})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, count in COUNTS.items():
        parser.add_argument(f"--{name}", type=int, default=count, metavar="COUNT")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    lines = [
        "| framework | query | stacks | as claimed | different | at full width | seconds |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    different = 0
    for query, found, size, channels in queries():
        for framework in COUNTS:
            count = getattr(arguments, framework)
            if not count:
                continue
            began, wrong, ran, done = perf_counter(), 0, 0, 0
            for place, claim in enumerate(claims(found, count, size, channels)):
                verdict = check(claim, framework, run=place % RUN_EVERY == 0)
                done += 1
                ran += verdict.ran
                wrong += bool(verdict.differences)
                for line in verdict.differences:
                    print(f"{framework}: {claim.stack} on {size}: {line}", file=sys.stderr)
            different += wrong
            seconds = round(perf_counter() - began)
            lines.append(
                f"| {framework} {version(framework)} | {query} | {done} | {done - wrong} | {wrong} "
                f"| {ran} | {seconds} |"
            )
            print(lines[-1], file=sys.stderr)
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if arguments.output:
        arguments.output.write_text(HEADING.format(seed=SEED) + text, encoding="utf-8")
    return 1 if different else 0


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
