"""Graph: an automaton and its criteria as the kernels of one question take them.

Also what a kernel that works in pieces says when it returns.
"""

from typing import NamedTuple

import numpy as np

DONE, EMPTY, FULL, PAUSED = 0, 1, 2, 3  # finished, nothing left, arrays to grow, more to do


class Graph(NamedTuple):
    """Arrays of Automaton and Criteria, and the bounds from the end (see kernels.bounds)."""

    first: np.ndarray
    to: np.ndarray
    arc: np.ndarray
    order: np.ndarray  # [steps]
    rf: np.ndarray
    alive: np.ndarray
    final: np.ndarray
    spot: np.ndarray  # [S] equal for states that agree on size, channels, jump and RF
    stride: np.ndarray  # [steps]
    cost: np.ndarray  # [steps, K]
    join: np.ndarray
    limit: np.ndarray
    ahead: np.ndarray  # bounds in lexicographic order
    least: np.ndarray  # bounds of each criterion alone
    start: int
    ranked: int
    least_depth: int
    most_depth: int
    one_rf: bool  # the target is a single RF
    exact: bool  # f is attained: every ranked criterion adds and none is limited
