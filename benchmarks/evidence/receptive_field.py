"""Does the receptive field matter? Networks of equal params, MACs and depth, whose RF differs.

    python -m benchmarks.evidence.receptive_field

rfsearch's ladder gives one network for each RF, of params and MACs equal to the digit, and proves
that no ladder is tighter. More networks within 2% of these figures are drawn uniformly, so that
nothing hangs on one of them. Writes docs/evidence/receptive_field.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import rfsearch
from benchmarks.evidence.command import Asked, asked, table, write
from benchmarks.evidence.data import SIDE, load
from benchmarks.evidence.figures import kendall, mean_error, shown
from benchmarks.evidence.recipe import RECIPE

RFS = (7, 11, 15, 21, 27, 35, 51, 83)  # pixels; the images have 28
QUESTION = {"rounding": "floor", "output_size": 7}
TOLERANCE = 0.02  # of the params and MACs of the networks that are drawn


@dataclass(frozen=True)
class Rung:
    """One RF: its networks, the ladder's first, and how many there are to draw from."""

    rf: int
    stacks: list[str]
    matches: int


def space() -> rfsearch.Space:
    """Six convolutions with norms, then a global average and a classifier."""
    return rfsearch.Space(
        kernel=[1, 3, 5], stride=[1, 2], padding="half", dilation=[1, 2, 4],
        channels=[8, 16, 32, 64], depth=6, norm="batch", head="GAP-10FC", input_channels=1,
    )  # fmt: skip


def rungs(drawn: int) -> tuple[list[Rung], int, int]:
    """The ladder with `drawn` more networks a rung; (rungs, params, MACs) of the ladder."""
    ladder = space().ladder(
        SIDE, list(RFS), hold={"params": "2%", "macs": "2%", "depth": 0},
        min_macs=400_000, max_macs=600_000, max_params=16_000, **QUESTION,
    )  # fmt: skip
    if not ladder.complete or any(ladder.spread.values()):
        raise SystemExit(f"no ladder of equal networks: {ladder.spread}")
    params, macs = ladder.rungs["params"][0], ladder.rungs["macs"][0]
    made = []
    for rf, first in zip(ladder.rungs["rf"], ladder.rungs["stack"], strict=True):
        bounds = _around("params", params) | _around("macs", macs)
        found = space().search(SIDE, rf, **bounds, **QUESTION)
        others = [
            stack for stack in found.sample(4 * drawn + 4, seed=rf)["stack"] if stack != first
        ]
        made.append(Rung(rf, [first, *dict.fromkeys(others)][: drawn + 1], found.count()))
    return made, params, macs


def _around(cost: str, value: int) -> dict[str, int]:
    """The budgets of what is within the tolerance of a value."""
    least, most = value * (1 - TOLERANCE), value * (1 + TOLERANCE)
    return {f"min_{cost}": math.ceil(least), f"max_{cost}": math.floor(most)}


def report(asked: Asked) -> list[str]:
    """The report's lines; trains what has not been trained."""
    made, params, macs = rungs(asked.networks)
    stacks = [stack for rung in made for stack in rung.stacks]
    runs = dict(zip(stacks, asked.runs.accuracies(stacks, asked.seeds, asked.jobs), strict=True))
    means = {rung.rf: [mean_error(runs[stack])[0] for stack in rung.stacks] for rung in made}
    rows = [
        [rung.rf, f"{rung.matches:,}", len(rung.stacks), shown(means[rung.rf]),
         shown(runs[rung.stacks[0]]), f"`{rung.stacks[0]}`"]
        for rung in made
    ]  # fmt: skip
    images = load(asked.runs.folder)
    return [
        "# Does the receptive field matter?",
        "",
        "Written by `python -m benchmarks.evidence.receptive_field`; not edited by hand.",
        "",
        f"A ladder of networks with {params:,} parameters, {macs:,} MACs and 6 convolutions "
        f"each, equal to the digit, on images of {SIDE} pixels; only the receptive field and how "
        "it comes about differ. It is `rfsearch`'s, and proven: no ladder is tighter, its spread "
        "is 0. The other networks of a row are drawn uniformly from all whose figures are within "
        f"{100 * TOLERANCE:.0f}% of these.",
        "",
        f"{images.name}: {len(images.train):,} images to train, {len(images.test):,} to test; "
        f"{RECIPE}; {len(asked.seeds)} seeds. Accuracy in percent, mean ± standard error: over the "
        "networks of a row (each the mean of its seeds), and over the ladder's seeds.",
        "",
        *table(
            ["RF", "matches", "networks", "accuracy", "the ladder's", "the ladder's stack"], rows
        ),
        "",
        *conclusion(means),
    ]  # fmt: skip


def conclusion(means: dict[int, list[float]]) -> list[str]:
    """What the figures say, whichever way."""
    flat = [(rf, value) for rf, values in means.items() for value in values]
    by_rf = {rf: mean_error(values) for rf, values in means.items()}
    best = max(by_rf, key=lambda rf: by_rf[rf][0])
    least, most = min(by_rf), max(by_rf)
    lines = [
        f"The best mean is {by_rf[best][0]:.2f} at RF {best}; RF {least} has "
        f"{by_rf[least][0]:.2f}, RF {most} {by_rf[most][0]:.2f}."
    ]
    for rf in (least, most):
        if rf != best:
            difference = by_rf[best][0] - by_rf[rf][0]
            error = (by_rf[best][1] ** 2 + by_rf[rf][1] ** 2) ** 0.5
            clear = "more" if difference > 2 * error else "not more"
            lines.append(
                f"RF {best} against RF {rf}: {difference:+.2f} ± {error:.2f} points, {clear} than "
                "two standard errors."
            )
    small = [(rf, value) for rf, value in flat if rf <= SIDE]
    large = [(rf, value) for rf, value in flat if rf > SIDE]
    for name, pairs in (("up to the input's size", small), ("beyond it", large)):
        tau = kendall(*zip(*pairs, strict=True))
        lines.append(
            f"Kendall's tau of RF and accuracy {name}: {tau:+.2f} ({len(pairs)} networks)."
        )
    lines += [
        "",
        "What this does not show: the recipe is short and the networks are tiny, and networks of "
        "one size can only differ in RF by their kernels, dilations and where they stride, so "
        "that the RF is never all that differs.",
    ]
    return lines


if __name__ == "__main__":
    given = asked(__doc__.splitlines()[0], "receptive_field.md", networks=2, seeds=3)
    write(report(given), given.output)
