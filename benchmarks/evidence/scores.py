"""Which score predicts? Random matches of one budget, and the proven best by each score, trained.

    python -m benchmarks.evidence.scores

Accuracy against each score over the random matches (Kendall's tau), and whether the network that is
proven best by the score is better than a random match, and than networks made by hand for the same
budget. Writes docs/evidence/scores.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import rfsearch
from benchmarks.evidence.budget import BUDGET, HAND_MADE, TARGET, drawn, search
from benchmarks.evidence.command import Asked, asked, table, write
from benchmarks.evidence.data import SIDE, load
from benchmarks.evidence.figures import kendall, kendall_interval, mean_error, shown
from benchmarks.evidence.recipe import RECIPE

# What is maximised for the proven best, and where a network's own figure is.
RANKED_BY = {
    "entropy": "max:entropy",
    "DeepMAD": "max:deepmad",
    "params": "max:params",
    "MACs": "max:macs",
    "effective RF": "max:erf_variance",
}


def scores(stack: str) -> dict[str, float]:
    """The figures of one network; the effective RF is the side that holds 95% of the response."""
    network = rfsearch.parse(stack, SIDE, input_channels=1)
    return {
        "entropy": network.scores["entropy"],
        "DeepMAD": network.scores["deepmad"],
        "params": network.totals["params"],
        "MACs": network.totals["macs"],
        "effective RF": network.effective_rf[95],
        "RF": network.rf,
    }


def proven_best() -> dict[str, str]:
    """For each score the match that is proven to have the most of it; ties by memory."""
    found = search()
    return {
        f"most {name}": found.top(1, by=[cost, "memory"], distinct="none")["stack"][0]
        for name, cost in RANKED_BY.items()
    }


def report(asked: Asked) -> list[str]:
    """The report's lines; trains what has not been trained."""
    random, best = drawn(asked.networks), proven_best()
    singled = {**best, **HAND_MADE}
    runs = asked.runs.accuracies([*random, *singled.values()], asked.seeds, asked.jobs)
    accuracies = dict(zip([*random, *singled.values()], runs, strict=True))
    images = load(asked.runs.folder)
    return [
        "# Which score predicts?",
        "",
        "Written by `python -m benchmarks.evidence.scores`; not edited by hand.",
        "",
        f"{len(random)} networks drawn uniformly from the {search().count():,} with RF "
        f"{TARGET[0]}..{TARGET[1]}, six convolutions, at most {BUDGET['max_macs']:,} MACs and "
        f"{BUDGET['max_params']:,} parameters; the networks that are proven to have the most of "
        "each score within the same budget; three made by hand for it.",
        "",
        f"{images.name}: {len(images.train):,} images to train, {len(images.test):,} to test; "
        f"{RECIPE}; {len(asked.seeds)} seeds. Accuracy in percent, ± the standard error over the "
        "seeds.",
        "",
        "## Accuracy against score, over the random matches",
        "",
        *table(["score", "Kendall's tau", "95% of resamples"], _taus(random, accuracies)),
        "",
        "## The proven best, and those made by hand",
        "",
        *table(
            ["network", "accuracy", "better than so many of the random ones", "stack"],
            _singled(random, singled, accuracies),
        ),
        "",
        *conclusion(random, singled, accuracies),
    ]


def _taus(random: Sequence[str], accuracies: Mapping[str, list[float]]) -> list[list[str]]:
    means = [mean_error(accuracies[stack])[0] for stack in random]
    figures = [scores(stack) for stack in random]
    rows = []
    for name in figures[0]:
        x = [figure[name] for figure in figures]
        low, high = kendall_interval(x, means)
        rows.append([name, f"{kendall(x, means):+.2f}", f"{low:+.2f} to {high:+.2f}"])
    return rows


def _singled(
    random: Sequence[str], singled: Mapping[str, str], accuracies: Mapping[str, list[float]]
) -> list[list[str]]:
    means = [mean_error(accuracies[stack])[0] for stack in random]
    rows = [["the random ones, mean", shown(means), "", ""]]
    first = max(random, key=lambda stack: mean_error(accuracies[stack])[0])
    rows.append(["the best of the random ones", shown(accuracies[first]), "", f"`{first}`"])
    for name, stack in singled.items():
        mean = mean_error(accuracies[stack])[0]
        beaten = sum(mean > other for other in means)
        rows.append([name, shown(accuracies[stack]), f"{beaten} of {len(means)}", f"`{stack}`"])
    return rows


def conclusion(
    random: Sequence[str], singled: Mapping[str, str], accuracies: Mapping[str, list[float]]
) -> list[str]:
    """What the figures say, whichever way."""
    means = [mean_error(accuracies[stack])[0] for stack in random]
    taus = {row[0]: (row[1], row[2]) for row in _taus(random, accuracies)}
    clear = [name for name, (_, interval) in taus.items() if _one_sign(interval)]
    unclear = [name for name in taus if name not in clear]
    hand = max(mean_error(accuracies[stack])[0] for stack in HAND_MADE.values())
    by_score = {name: stack for name, stack in singled.items() if name not in HAND_MADE}
    mean, error = mean_error(means)
    lines = [
        "Correlations that the resamples tell from none: "
        + (", ".join(f"{name} ({taus[name][0]})" for name in clear) or "none")
        + "; not told from none: " + (", ".join(unclear) or "none") + ".",
    ]  # fmt: skip
    for name, stack in by_score.items():
        value, own = mean_error(accuracies[stack])
        margin = (own**2 + error**2) ** 0.5
        against = "better than" if value - mean > 2 * margin else (
            "worse than" if mean - value > 2 * margin else "not told from"
        )  # fmt: skip
        lines.append(
            f"- {name}: {against} the mean of the random matches ({value - mean:+.2f} points), "
            f"{value - hand:+.2f} against the best made by hand."
        )
    return lines


def _one_sign(interval: str) -> bool:
    low, high = interval.split(" to ")
    return low[0] == high[0]


if __name__ == "__main__":
    given = asked(__doc__.splitlines()[0], "scores.md", networks=60, seeds=3)
    write(report(given), given.output)
