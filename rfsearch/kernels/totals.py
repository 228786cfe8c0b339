"""Kernel of rows: the costs of stacks given as steps."""

from rfsearch.kernels import jit


@jit.bare_njit
def add_up(rows, cost, greatest, begin, total, low, high):
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
