"""Kernels of the best within a budget: halves of ways meet, the best of the pairs that keep it.

Both halves bring sets of (cost, budget) vectors that ascend in the first and descend in the last,
so that one sweep over two of them finds the least cost of all their pairs within the limit.
"""

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.pareto import Suffixes
from rfsearch.kernels.step import joined


@jit.njit
def best_ended(
    final: np.ndarray, states: int, group: np.ndarray, ahead: Suffixes, join: np.ndarray,
    begin: np.ndarray, limit: np.ndarray, best: np.ndarray,
) -> None:  # fmt: skip
    """Lower best [G] by the ways that end at one of the first `states` states.

    `ahead` are Suffixes of the states turned round; group [S], -1 for none.
    """
    last, budget = len(final) - 1, len(join) - 1
    for state in range(states):
        if final[state] and group[state] >= 0:
            for label in range(ahead.first[last - state], ahead.end[last - state]):
                if begin[budget] + ahead.g[label, budget] <= limit[budget]:
                    value = joined(join[0], begin[0], ahead.g[label, 0])
                    best[group[state]] = min(best[group[state]], value)
                    break


@jit.njit
def best_joined(
    ways: tuple[np.ndarray, ...], states: int, spot: np.ndarray, position: np.ndarray,
    ahead: Suffixes, spot_first: np.ndarray, end_position: np.ndarray, behind: Suffixes,
    groups: np.ndarray, added: np.ndarray, join: np.ndarray, begin: np.ndarray, limit: np.ndarray,
    best: np.ndarray,
) -> None:  # fmt: skip
    """Lower best [G] by the ways that step from one of the first `states` states beyond them.

    spot, position [S] of the states; of a spot lead on the nodes spot_first[spot] and following of
    `behind`, end_position further. groups [G]: the positions asked for, ascending. `begin` [K] are
    the costs before any layer; the budget is the last criterion and adds.
    """
    first, to, arc, final = ways
    last, budget = len(final) - 1, len(join) - 1
    for state in range(states):
        a, z = ahead.first[last - state], ahead.end[last - state]
        for edge in range(first[state], first[state + 1]):
            target = to[edge]
            if target < states or a == z:
                continue
            step = arc[edge]
            room = limit[budget] - begin[budget] - added[step, budget]
            for node in range(spot_first[spot[target]], spot_first[spot[target] + 1]):
                wanted = position[target] + end_position[node]
                group = np.searchsorted(groups, wanted)
                if group == len(groups) or groups[group] != wanted:
                    continue
                least = best[group]
                b, end = behind.first[node], behind.end[node]
                at = end
                for label in range(a, z):
                    left = room - ahead.g[label, budget]
                    while at > b and behind.g[at - 1, budget] <= left:
                        at -= 1
                    if at < end:
                        value = joined(join[0], ahead.g[label, 0], behind.g[at, 0])
                        value = joined(join[0], joined(join[0], begin[0], added[step, 0]), value)
                        least = min(least, value)
                best[group] = least
