"""Learned from results: an additive surrogate of the accuracies, and its provably best network.

    python -m benchmarks.evidence.surrogate

The sixty random matches of the second study are trained; a ridge regression gives each layer, where
it stands, a share of the accuracy; rfsearch is asked again with these shares as a cost of its own,
and proves which networks of the whole space are best by it. They and the best of the sixty are
trained anew, with seeds that chose nothing. Writes docs/evidence/surrogate.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import log2

import numpy as np

from benchmarks.evidence.budget import drawn, search
from benchmarks.evidence.command import Asked, asked, table, write
from benchmarks.evidence.data import SIDE, load
from benchmarks.evidence.figures import kendall, mean_error, shown
from benchmarks.evidence.recipe import RECIPE

LAYER = re.compile(r"(?P<width>\d+)C(?P<kernel>\d+)(?:S(?P<stride>\d+))?(?:P\d+)?N")
NAMES = ("kernel 3", "kernel 5", "stride 2", "log2 width", "log2 input width", "log2 MACs",
         "log2 params", "kernel above 1 at 7 pixels", "log2 width at 7 pixels")  # fmt: skip
RIDGES = tuple(10.0**power for power in range(-2, 5))
BEST = 3  # provably best networks that are trained
FRESH = 100  # the first of the seeds that nothing was chosen by


def features(item: str, channels: int, size: int) -> np.ndarray | None:
    """What the surrogate knows of one layer; None of the head, which all networks share."""
    found = LAYER.fullmatch(item)
    if found is None:
        return None
    width, kernel = int(found["width"]), int(found["kernel"])
    stride = int(found["stride"] or 1)
    output = -(-size // stride)
    weights = kernel**2 * channels * width
    late = output == 7
    return np.array([
        kernel == 3, kernel == 5, stride == 2, log2(width), log2(channels),
        log2(output**2 * weights), log2(weights), late and kernel > 1, late * log2(width),
    ], float)  # fmt: skip


def places(stack: str) -> list[tuple[str, int, int]]:
    """(item, channels, size) of each layer with what flows in; paddings keep sizes."""
    channels, size, found = 1, SIDE, []
    for item in stack.split("-"):
        layer = LAYER.fullmatch(item)
        if layer is not None:
            found.append((item, channels, size))
            channels, size = int(layer["width"]), -(-size // int(layer["stride"] or 1))
    return found


@dataclass(frozen=True)
class Surrogate:
    """accuracy = level + sum over the layers of weights · features."""

    weights: np.ndarray
    level: float
    ridge: float
    predicted: np.ndarray  # of the networks that it was fitted to, each by a fit without it

    def share(self, item: str, channels: int, size: int) -> float:
        """What a layer adds to the accuracy; 0 of the head."""
        found = features(item, channels, size)
        return 0.0 if found is None else float(self.weights @ found)

    def accuracy(self, stack: str) -> float:
        """Of a whole network."""
        return self.level + sum(self.share(*place) for place in places(stack))


def fitted(stacks: Sequence[str], accuracies: Sequence[float]) -> Surrogate:
    """Ridge regression on the sums of features; its strength by leaving one out.

    The error of leaving one out is r / (1 − h) with the residual r and the leverage h
    (Allen 1974), so that one fit a strength is enough.
    """
    x = np.array([sum(features(*place) for place in places(stack)) for stack in stacks])
    y = np.asarray(accuracies, float)
    mean, deviation = x.mean(0), np.maximum(x.std(0), 1e-9)
    scaled, centred = (x - mean) / deviation, y - y.mean()
    best = None
    for ridge in RIDGES:
        inverse = np.linalg.inv(scaled.T @ scaled + ridge * np.eye(x.shape[1]))
        leverage = np.einsum("ij,jk,ik->i", scaled, inverse, scaled) + 1 / len(y)
        weights = inverse @ scaled.T @ centred
        left_out = (centred - scaled @ weights) / (1 - leverage)
        error = float((left_out**2).mean())
        if best is None or error < best[0]:
            best = error, ridge, weights / deviation, y - left_out
    _, ridge, weights, predicted = best
    return Surrogate(weights, float(y.mean() - mean @ weights), ridge, predicted)


def provably_best(surrogate: Surrogate, networks: int) -> list[str]:
    """The matches of the greatest surrogate: its shares, from the greatest down, are the cost.

    All networks have equally many layers, so that what is taken off is the same for all.
    """
    every = [
        surrogate.share(f"{width}C{kernel}{'S2' if stride == 2 else ''}N", channels, size)
        for width in (8, 16, 32, 64)
        for kernel in (1, 3, 5)
        for stride in (1, 2)
        for channels in (1, 8, 16, 32, 64)
        for size in (28, 14, 7)
    ]
    most = max(every)

    @cache
    def lost(item: str, channels: int, sizes: tuple[int, ...]) -> float:
        if LAYER.fullmatch(item) is None:
            return 0.0
        return most - surrogate.share(item, channels, sizes[0])

    found = search(costs={"lost": lost})
    return found.top(networks, by=["lost", "memory"], distinct="none")["stack"].to_list()


def best_by_listing(surrogate: Surrogate) -> float:
    """The greatest surrogate of all matches, each listed: what the proof is held against."""
    share = cache(surrogate.share)
    return surrogate.level + max(
        sum(share(*place) for place in places(stack))
        for frame in search().stacks()
        for stack in frame["stack"]
    )


def report(asked: Asked) -> list[str]:
    """The report's lines; trains what has not been trained."""
    random = drawn(asked.networks)
    runs = asked.runs.accuracies(random, asked.seeds, asked.jobs)
    means = [mean_error(values)[0] for values in runs]
    surrogate = fitted(random, means)
    best = provably_best(surrogate, BEST)
    listed, claimed = best_by_listing(surrogate), surrogate.accuracy(best[0])
    if abs(listed - claimed) > 1e-4:
        raise SystemExit(f"the surrogate's best is {listed} by listing, {claimed} as proven")
    of_sixty = random[int(np.argmax(means))]
    fresh = range(FRESH, FRESH + max(len(asked.seeds), 3))
    again = asked.runs.accuracies([*best, of_sixty], fresh, asked.jobs)
    rows = [
        [name, f"{surrogate.accuracy(stack):.2f}", shown(values), f"`{stack}`"]
        for name, stack, values in zip(
            [*(f"provably best, number {at + 1}" for at in range(BEST)),
             f"best of the {len(random)}"],
            [*best, of_sixty], again, strict=True,
        )
    ]  # fmt: skip
    images = load(asked.runs.folder)
    weights = [
        [name, f"{value:+.3f}"] for name, value in zip(NAMES, surrogate.weights, strict=True)
    ]
    return [
        "# Learned from results", "",
        "Written by `python -m benchmarks.evidence.surrogate`; not edited by hand.", "",
        f"{len(random)} networks drawn uniformly from {search().count():,} matches of one budget "
        f"were trained with {len(asked.seeds)} seeds ([scores.md](scores.md)). A ridge regression "
        f"(strength {surrogate.ridge:g}, chosen by leaving one out) gives each layer a share of "
        "the accuracy. As a cost of its own it was asked of the whole space: the networks below "
        "are proven to be the best by it, which listing every match confirms.", "",
        f"{images.name}; {RECIPE}. Predictions of the {len(random)}, each by a fit without it, "
        f"against their accuracies: Kendall's tau "
        f"{kendall(surrogate.predicted, means):+.2f}, mean absolute error "
        f"{np.abs(surrogate.predicted - means).mean():.2f} points.", "",
        f"Trained anew with {len(fresh)} fresh seeds, percent, mean ± standard error:", "",
        *table(["network", "surrogate", "accuracy", "stack"], rows), "",
        *conclusion(best, again), "",
        "## The surrogate", "", *table(["of a layer", "points"], weights),
    ]  # fmt: skip


def conclusion(best: Sequence[str], again: Sequence[Sequence[float]]) -> list[str]:
    """What the figures say, whichever way."""
    (value, own), (other, error) = mean_error(again[0]), mean_error(again[-1])
    margin = (own**2 + error**2) ** 0.5
    verdict = "better than" if value - other > 2 * margin else (
        "worse than" if other - value > 2 * margin else "not told from"
    )  # fmt: skip
    return [
        f"The provably best network is {verdict} the best of those it was learned from: "
        f"{value - other:+.2f} ± {margin:.2f} points."
    ]


if __name__ == "__main__":
    given = asked(__doc__.splitlines()[0], "surrogate.md", networks=60, seeds=3)
    write(report(given), given.output)
