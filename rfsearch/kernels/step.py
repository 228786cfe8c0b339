"""One transition as every question sees it: what it costs, how costs join, who is alive."""

import numpy as np

from rfsearch.kernels import jit

ADD, GREATEST, LEAST = 0, 1, 2  # how a criterion joins along a path
ONE = np.uint64(1)


@jit.inner
def joined(join: int, a: int, b: int) -> int:
    """a and b along one path."""
    if join == ADD:
        return a + b
    if join == GREATEST:
        return max(a, b)
    return min(a, b)


@jit.inner
def is_alive(alive: np.ndarray, state: int, depth: int, start: int) -> bool:
    """Whether `state` is on a match at `depth`."""
    if depth == 0:
        return state == start
    return (alive[state] >> np.uint64(depth - 1)) & ONE != 0


@jit.bare
def copy(numbers: np.ndarray, to: np.ndarray) -> None:
    """Copy numbers one by one: numba compiles a second for the error of an array's assignment."""
    for i in range(len(to)):
        to[i] = numbers[i]


@jit.bare
def turns_back(first: np.ndarray, to: np.ndarray, low: int, high: int) -> bool:
    """Whether a transition within the states low..high-1 leads to an earlier one of them."""
    for state in range(low, high):
        for edge in range(first[state], first[state + 1]):
            if low <= to[edge] < state:
                return True
    return False
