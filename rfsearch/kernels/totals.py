"""Kernel of rows: the costs of stacks given as steps."""

import numpy as np

from rfsearch.kernels import jit


@jit.bare_njit
def add_up(
    rows: np.ndarray, cost: np.ndarray, greatest: np.ndarray, begin: np.ndarray,
    total: np.ndarray, low: int, high: int,
) -> None:  # fmt: skip
    """total [n, K]: of stacks low..high of rows [n, D], steps and -1 after each end.

    cost [steps, K]; greatest [K]: whether steps join by the greatest, not the sum; begin [K].
    """
    for row in range(low, high):
        for k in range(len(begin)):
            total[row, k] = begin[k]
        for depth in range(rows.shape[1]):
            step = rows[row, depth]
            if step < 0:
                break
            for k in range(len(begin)):
                if greatest[k]:
                    total[row, k] = max(total[row, k], cost[step, k])
                else:
                    total[row, k] += cost[step, k]
