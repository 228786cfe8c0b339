"""The jump of a stack as a sum: where there are loops, jumps that do not matter are merged."""

from __future__ import annotations

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.errors import UsageError

LARGEST_CODE = 1 << 60


def jump_codes(automaton: Automaton) -> np.ndarray:
    """[steps] whole numbers: sums over two stacks' strides are equal where the products are.

    The exponents of the primes, as the digits of one number.
    """
    if automaton.spots.level is not None:
        raise UsageError("hold: jump: not where layers may be transposed or resized")
    strides = automaton.stride
    exponents: dict[int, dict[int, int]] = {}
    for stride in np.unique(strides).tolist():
        exponents[stride] = _exponents(stride)
    most = automaton.depth[1]
    code = dict.fromkeys(exponents, 0)
    place = 1
    for prime in sorted({prime for factors in exponents.values() for prime in factors}):
        greatest = max(factors.get(prime, 0) for factors in exponents.values())
        for stride, factors in exponents.items():
            code[stride] += place * factors.get(prime, 0)
        place *= most * greatest + 1
    if place > LARGEST_CODE:
        raise UsageError("hold: jump: strides of too many primes; give fewer strides or less depth")
    return np.array([code[stride] for stride in strides.tolist()], np.int64)


def _exponents(number: int) -> dict[int, int]:
    found: dict[int, int] = {}
    prime = 2
    while number > 1:
        while number % prime == 0:
            found[prime] = found.get(prime, 0) + 1
            number //= prime
        prime += 1
    return found
