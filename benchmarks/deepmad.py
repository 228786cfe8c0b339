"""DeepMAD's ResNet-18-like problem, solved: `python benchmarks/deepmad.py`.

The best score within the published network's own MACs, parameters and effectiveness, among all
networks of its form, with a proven upper bound (benchmarks/deepmad.md has the problem, the method
and the result). Whatever is found is counted and scored again by rfsearch itself. Exit code 1
where that disagrees.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter

from deepmad_network import (
    MAC_BUDGET,
    PARAM_BUDGET,
    PUBLISHED,
    PUBLISHED_EFFECTIVENESS,
    Blocks,
    counted,
    expressed,
    notation,
    space,
)
from deepmad_search import Outcome, compile_kernels, search

import rfsearch


def scored(network: Blocks, effectiveness: float) -> tuple[float, float, int, int] | None:
    """rfsearch's score, effectiveness, MACs and parameters; None where it finds no match."""
    stages, block = space(network)
    asked = rfsearch.StagedSpace(stages, block=block, stem="32C3S2P1N")
    found = asked.search(224, rounding="floor", max_effectiveness=str(effectiveness))
    best = found.top(1, by=["max:deepmad"], distinct="none")
    if not len(best):
        return None
    row = best.to_dicts()[0]
    return row["deepmad"], row["effectiveness"], row["macs"], row["params"]


def agrees(network: Blocks, theirs: tuple[float, float, int, int] | None) -> bool:
    """Whether what `scored` and the parsed notation say of the network is what this search says."""
    mine, (score, effectiveness) = counted(network), expressed(network)
    parsed = rfsearch.parse(notation(network), 224).totals
    return (
        theirs is not None
        and (parsed["macs"], parsed["params"]) == theirs[2:] == mine
        and mine[0] <= MAC_BUDGET
        and mine[1] <= PARAM_BUDGET
        and effectiveness <= PUBLISHED_EFFECTIVENESS
        and abs(theirs[0] - score) < 0.02  # rfsearch rounds the weights of stages to 2^-16
        and abs(theirs[1] - effectiveness) < 1e-6
    )


def table(outcome: Outcome, seconds: float) -> str:
    """One row each for the published network and the found one; bound, gap and seconds."""
    lines = [
        "| network | score | bound | gap | effectiveness | MACs | params | seconds |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    bound = f"{outcome.bound:,.3f}"
    for name, network in (("published", PUBLISHED), ("found", outcome.network)):
        score, effectiveness = expressed(network)
        macs, params = counted(network)
        gap = (outcome.bound - score) / score
        taken = f"{seconds:.0f}" if network is outcome.network else ""
        lines.append(
            f"| {name} | {score:,.3f} | {bound} | {gap:.4%} | {effectiveness:.7f} "
            f"| {macs:,} | {params:,} | {taken} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="compiling included")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--anneals", type=int, default=16, help="runs of the first local search")
    asked = parser.parse_args()

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    started = perf_counter()
    compile_kernels()
    compiling = perf_counter() - started
    say(f"{compiling:6.1f} s  compiled")
    outcome = search(asked.seconds - compiling, asked.threads, asked.anneals, say)
    seconds = perf_counter() - started
    print(table(outcome, seconds))
    print(
        f"\n{outcome.survivors:,} choices of L left after bounding, {outcome.halved:,} boxes halved"
    )
    print("(L, k, b, o):", *outcome.network)
    print(notation(outcome.network))
    theirs = scored(outcome.network, PUBLISHED_EFFECTIVENESS)
    print("rfsearch (score, effectiveness, MACs, params):", *(theirs or ("no match",)))
    if not agrees(outcome.network, theirs):
        say("rfsearch disagrees")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
