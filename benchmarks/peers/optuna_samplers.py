"""Optuna: NSGA-II and TPE, a layer's choice one integer parameter, constraints as it has them.

Trials are made one by one, in Python; that is how Optuna is used. TPE's own work grows with the
number of trials, so that it has 10^3, and NSGA-II 10^4.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

import numpy as np
from queries import DEFAULT, Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.quality import Sampled, compared, evaluated, undominated
from benchmarks.peers.runner.questions import PRODUCT, TINY, sizes, text, to_depth

NEEDS = ("optuna",)
LIMIT = 3600
TRIALS = {"NSGA-II": 10_000, "TPE": 1_000}


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """The front of memory and MACs, where matches are rare and where they are dense."""
    for asked in [TINY] if tiny else [DEFAULT, to_depth(6, PRODUCT)]:
        for sampler, trials in TRIALS.items():
            trials = 100 if tiny else trials
            seeds = count()
            yield Comparison(
                task="front of memory and MACs", question=text(asked),
                form=f"{sampler}, {trials:,} trials",
                ours=lambda asked=asked: answers.front(asked),
                theirs=lambda asked=asked, sampler=sampler, trials=trials, seeds=seeds: sampled(
                    asked, sampler, trials, next(seeds)
                ),
                agree=None, shown=lambda points: f"{len(points)} points", more=compared,
                sizes=sizes(asked),
                note="another seed each round; the points found are those of the last",
            )  # fmt: skip


def sampled(asked: Measured, sampler: str, trials: int, seed: int) -> Sampled:
    """The front of feasible trials, every hundred of them."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    none = len(plain.layers(asked))
    found, archive, started = Sampled(), [], time.perf_counter()

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        nonlocal archive
        row = [trial.suggest_int(f"layer{at}", 0, none) for at in range(asked.depth)]
        costs, off = evaluated(np.array([row]), asked)
        for name, amount in zip(("rf", "sizes"), off[0].tolist(), strict=True):
            trial.set_constraint(name, amount)
        if not off.any():
            archive = undominated([*archive, tuple(costs[0].tolist())])
        if (trial.number + 1) % 100 == 0:
            found.history.append((trial.number + 1, time.perf_counter() - started, archive))
        return tuple(costs[0].tolist())

    made = {
        "NSGA-II": lambda: optuna.samplers.NSGAIISampler(seed=seed),
        "TPE": lambda: optuna.samplers.TPESampler(seed=seed, multivariate=True),
    }[sampler]()
    study = optuna.create_study(directions=["minimize", "minimize"], sampler=made)
    study.optimize(objective, n_trials=trials)
    return found
