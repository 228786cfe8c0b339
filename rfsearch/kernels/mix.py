"""The hash of the kernels' tables: mixes one number into another (splitmix64's finalizer)."""

import numpy as np

from rfsearch.kernels import jit


@jit.inner
def mix(a: int | np.uint64, b: int | np.uint64) -> np.uint64:
    """A well-spread 64-bit word of the word a and the number b."""
    x = np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(b)
    x ^= x >> np.uint64(29)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    return x ^ (x >> np.uint64(32))


@jit.inner
def mixed(state: int, depth: int, g: np.ndarray) -> np.uint64:
    """The word of a label: its state, its depth and its costs."""
    key = mix(state, depth)
    for k in range(len(g)):
        key = mix(key, g[k])
    return key
