"""The distinct values of an array, as np.unique has them."""

from __future__ import annotations

import numpy as np


def distinct(values: np.ndarray) -> np.ndarray:
    """The values that there are, ascending.

    np.unique imports masked arrays for it: 15 ms, where a whole question takes 40.
    """
    ordered = np.sort(values, axis=None)
    fresh = np.ones(len(ordered), np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return ordered[fresh]
