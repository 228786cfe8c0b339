"""DeepMAD's score and effectiveness, made additive by telling spots further apart.

Shen et al., "DeepMAD: Mathematical Architecture Design for Deep CNN", CVPR 2023, as their code
computes them. A stage ends before each strided item and at the end. With S the sum of log(c_in
k^2) / 2 over the convolutions up to there, c and V the channels and positions,

    score          sum over the stages' ends of ratio * log(c V) * S, ratio 8 at the last, else 1
    effectiveness  greatest over the stages' ends of exp(log D - W / D), D convolutions so far,
                   W = 2 S

Neither adds up along a stack as it stands. But each convolution's logarithm counts once for every
end that follows, so that its part of the score is a constant where a spot knows the sum of the
weights to come; effectiveness is a maximum of constants where a spot knows D and W
(rfsearch.automaton.effectiveness).
So the step to an input is copied, one for each sum of weights that may follow: the automaton forks
there (see Automaton.forks). Knowing the sums so far instead would fork nowhere, but they are many.
Logarithms of convolutions are rounded to 2^-24, weights to 2^-16, effectiveness to 2^-32.
Convolutions are those written: projections and gates have no part.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.effectiveness import by_shape
from rfsearch.automaton.plan import BODY, HEAD
from rfsearch.automaton.score_bounds import LARGEST_TOTAL, Limits, ScoreBounds, least_score
from rfsearch.automaton.spots import Spots, without_dead_ends
from rfsearch.automaton.unfolding import BYTES_A_COPY, BYTES_A_SUM, Unfolding, check_fits
from rfsearch.errors import UsageError
from rfsearch.layers.cost import log_fixed
from rfsearch.request.query import Query
from rfsearch.space.space import MOST_STEPS

if TYPE_CHECKING:
    from rfsearch.automaton.automaton import Automaton

LAST_RATIO = 8


def unfolded(
    spots: Spots, names: tuple[str, ...], query: Query, memory_limit: int,
    ranked: tuple[str, ...] = (),
) -> Spots:  # fmt: skip
    """Spots whose steps have the costs `names` (of cost.UNFOLDED). Raises LimitError.

    Limits on a cost that is not among the `ranked` keep spots together: on the score where every
    stack keeps them, on effectiveness where they are upper ones.
    """
    if "arena" in names:
        from rfsearch.automaton import device  # what a device runs is asked for seldom

        spots = device.charged(spots, query, memory_limit)
    if "deepmad" in names:
        bounded = "deepmad" in query.budgets and "deepmad" not in ranked
        limits = query.budgets["deepmad"] if bounded else (None, None)
        spots = _by_weight(spots, limits, bounded, memory_limit)
    if "effectiveness" in names:
        least, most = query.budgets.get("effectiveness", (None, None))
        only_bounded = "effectiveness" not in ranked and least is None
        spots = by_shape(spots, most if only_bounded else None, memory_limit)
    return spots


def scores_of(spots: Spots, rows: np.ndarray) -> np.ndarray:
    """[k] scores in whole units of matches given as steps [k, D], -1 after each end."""
    used = rows >= 0
    step = np.where(used, rows, 0)
    logs, more = (np.where(used, some[step], 0) for some in (_log_sums(spots), _end_weights(spots)))
    sums: np.ndarray = ((np.cumsum(logs, axis=1) - logs) * more).sum(axis=1)
    return sums


def extreme_score(automaton: Automaton, sign: int) -> int | None:
    """The least score of any match, or with sign -1 the greatest; None without a match.

    Of an automaton that ascends, whatever budgets on sums say.
    """
    spots, step = automaton.spots, automaton.step
    logs, more = _log_sums(spots)[step], _end_weights(spots)[step]
    least = least_score(automaton.first, automaton.to, logs, more, automaton.final, sign)
    return None if least is None else sign * least


def _by_weight(spots: Spots, limits: Limits, bounded: bool, memory_limit: int) -> Spots:
    """Every spot once for each sum of the weights of the stages' ends that may follow.

    limits: of the score, where it is only `bounded`. Then none is copied where every stack is
    within them, and copies that no stack within them passes are left out.
    """
    more, logs = _end_weights(spots), _log_sums(spots)
    bounds = ScoreBounds(spots, logs, more, limits, memory_limit)
    if bounded and bounds.fit and bounds.kept_by_all:
        extra = spots.extra | {"deepmad": np.zeros(len(spots.source), np.int64)}
        return replace(spots, extra=extra, decided=spots.decided | {"deepmad"})
    within = bounded and bounds.fit
    known = bounds.weights_within() if within else _weights(spots, more, memory_limit)
    made = Unfolding(spots, known, memory_limit)

    def link(step: int) -> tuple[np.ndarray, np.ndarray]:
        source, target = int(spots.source[step]), int(spots.target[step])
        targets = np.arange(len(known[target]))
        if source == 0:
            return np.zeros(len(targets), np.int64), targets
        wanted, here = known[target] + more[step], known[source]
        at = np.searchsorted(here, wanted)
        there = np.append(here, -1)[at] == wanted
        return at[there], targets[there]

    made.fill(link)
    to_come, logs = np.concatenate(known)[made.target], logs[made.step]
    if to_come.max(initial=0) * float(logs.sum(initial=0)) > LARGEST_TOTAL and (
        to_come.max(initial=0) * float(logs.max(initial=0)) * MOST_STEPS > LARGEST_TOTAL
    ):
        raise UsageError("deepmad: scores could pass 2^21; reduce widths, kernels or repeats")
    found = made.spots({"deepmad": to_come * logs})
    return without_dead_ends(found, set()) if bounded else found


def _weights(spots: Spots, more: np.ndarray, memory_limit: int) -> list[np.ndarray]:
    """For each spot the sums of `more` that may follow, ascending. Raises LimitError."""
    copies = 0
    known: list[np.ndarray] = [np.zeros(1, np.int64)] * len(spots.place)
    for spot in range(len(spots.place) - 1, 0, -1):
        steps = range(spots.first[spot], spots.first[spot + 1])
        wanted = sum(len(known[spots.target[step]]) for step in steps)
        check_fits(copies * BYTES_A_COPY + wanted * BYTES_A_SUM, "DeepMAD's sums", memory_limit)
        sums = [known[spots.target[step]] + more[step] for step in steps]
        if sums:
            known[spot] = np.unique(np.concatenate(sums))
        copies += len(known[spot])
    return known


def _end_weights(spots: Spots) -> np.ndarray:
    """[E] the weight of the stage that ends before each step, in units of 2^-16; 0 of none."""
    kinds, strided = _kinds(spots), spots.total_stride > 1
    more = np.zeros(len(spots.source), np.int64)
    logs = np.array([_volume_log(spots, spot) for spot in range(len(spots.place))])[spots.source]
    ends = (kinds == BODY) & strided
    more[ends] = (logs[ends] + (1 << 15)) >> 16
    last = kinds == HEAD
    more[last] = (LAST_RATIO * logs[last] + (1 << 15)) >> 16
    return more


def _kinds(spots: Spots) -> np.ndarray:
    return np.array([link.kind for link in spots.links]).take(spots.link)


def _log_sums(spots: Spots) -> np.ndarray:
    """[E] the logarithms of each step's written convolutions, in units of 2^-24."""
    sums = [link.convolutions[1] for link in spots.links]
    return np.array(sums, np.int64).take(spots.link)


def _volume_log(spots: Spots, spot: int) -> int:
    """log(c V) of a spot in units of 2^-32; 0 where there is nothing yet."""
    sizes, width = spots.sizes[spots.size[spot]], spots.width[spots.place[spot]]
    return log_fixed(max(width * prod(sizes), 1)) if sizes else 0
