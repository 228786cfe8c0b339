"""pymoo: NSGA-II (Deb et al. 2002), 10^5 evaluations in arrays; a layer's choice is one gene.

Genes are categories: uniform crossover, and a mutation that draws a gene anew. What the RF is off,
and what sizes are, are constraints, by which NSGA-II ranks before costs.
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

NEEDS = ("pymoo",)
LIMIT = 1800
POPULATION, EVALUATIONS = 200, 100_000


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """The front of memory and MACs, where matches are rare and where they are dense."""
    evaluations = 2_000 if tiny else EVALUATIONS
    for asked in [TINY] if tiny else [DEFAULT, to_depth(6, PRODUCT)]:
        seeds = count()
        yield Comparison(
            task="front of memory and MACs", question=text(asked),
            form=f"NSGA-II, {evaluations:,} evaluations",
            ours=lambda asked=asked: answers.front(asked),
            theirs=lambda asked=asked, seeds=seeds: sampled(asked, evaluations, next(seeds)),
            agree=None, shown=lambda points: f"{len(points)} points",
            more=compared, goal=None if tiny else 100, sizes=sizes(asked),
            note="another seed each round; the points found are those of the last",
        )  # fmt: skip


def sampled(asked: Measured, evaluations: int, seed: int) -> Sampled:
    """The front of feasible points after each generation."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.callback import Callback
    from pymoo.core.mutation import Mutation
    from pymoo.core.problem import Problem
    from pymoo.operators.crossover.ux import UniformCrossover
    from pymoo.operators.sampling.rnd import IntegerRandomSampling
    from pymoo.optimize import minimize

    none = len(plain.layers(asked))
    rng = np.random.default_rng(seed)

    class Stacks(Problem):
        def __init__(self) -> None:
            super().__init__(asked.depth, n_obj=2, n_ieq_constr=2, xl=0, xu=none, vtype=int)

        def _evaluate(self, x, out, *args, **kwargs) -> None:
            out["F"], out["G"] = evaluated(x.astype(np.int64), asked)

    class Drawn(Mutation):
        def _do(self, problem, x, *args, **kwargs):
            mutated = rng.random(x.shape) < 1 / asked.depth
            return np.where(mutated, rng.integers(0, none + 1, x.shape), x)

    class Watched(Callback):
        def __init__(self) -> None:
            super().__init__()
            self.found = Sampled()
            self.archive: list = []
            self.started = time.perf_counter()

        def notify(self, algorithm) -> None:
            feasible = algorithm.pop.get("feas").reshape(-1)
            costs = algorithm.pop.get("F")[feasible].astype(np.int64).tolist()
            self.archive = undominated([*self.archive, *map(tuple, costs)])
            seconds = time.perf_counter() - self.started
            self.found.history.append((algorithm.evaluator.n_eval, seconds, self.archive))

    watched = Watched()
    algorithm = NSGA2(
        pop_size=POPULATION, sampling=IntegerRandomSampling(),
        crossover=UniformCrossover(prob=0.9), mutation=Drawn(), eliminate_duplicates=True,
    )  # fmt: skip
    minimize(Stacks(), algorithm, ("n_eval", evaluations), seed=seed, callback=watched)
    return watched.found
