"""Pool: room for spots and steps while they are found, which grows as they do."""

from __future__ import annotations

import numpy as np

from rfsearch.errors import LimitError
from rfsearch.kernels import spots as kernel


def new_pool(places: int, spots: int, steps: int) -> kernel.Pool:
    """Empty arrays for so many spots and steps."""
    return kernel.Pool(
        spot=np.zeros((spots, 6), np.int64), key=np.empty(spots, np.int64),
        chain=np.empty(spots, np.int32), head=np.full(places, -1, np.int32),
        begin=np.empty(spots, np.int64), end=np.empty(spots, np.int64),
        target=np.empty(steps, np.int32), link=np.empty(steps, np.int32),
        shift=np.empty(steps, np.int64), mask=np.empty(steps, np.int32),
        to_key=np.empty(steps, np.int64), same=np.zeros(steps, np.int8),
        table=_table(spots), used=np.zeros(4, np.int64),
    )  # fmt: skip


_OF_SPOTS = ("spot", "key", "chain", "begin", "end")
_OF_STEPS = ("target", "link", "shift", "mask", "to_key", "same")
_FILL = {"chain": -1, "begin": -1}


def grown(
    grammar: kernel.Grammar, pool: kernel.Pool, what: int, memory_limit: int, beside: int = 0
) -> kernel.Pool:
    """Twice the room for spots or steps. Raises LimitError beyond `memory_limit` bytes.

    beside: bytes that each spot takes elsewhere.
    """
    size = sum(array.nbytes for array in pool) + len(pool.key) * beside
    if 2 * size > memory_limit:
        raise LimitError(
            f"{int(pool.used[kernel.SPOTS])} (place, size, jump) states and "
            f"{int(pool.used[kernel.STEPS])} steps need more than {size / 2**30:.1f} GiB, and "
            f"twice that is above the limit of {memory_limit / 2**30:.1f} GiB (--memory-limit); "
            "reduce depth, repeats, widths or inputs"
        )
    names = _OF_SPOTS if what == kernel.MORE_SPOTS else _OF_STEPS
    for name in names:
        # In place: beside the old ones, the new ones would be half as much again.
        array = getattr(pool, name)
        count = len(array)
        array.resize((2 * count, *array.shape[1:]), refcheck=False)
        array[count:] = _FILL.get(name, 0)
    if what == kernel.MORE_SPOTS:
        pool = pool._replace(table=_table(len(pool.key)))
        kernel.enter_again(grammar, pool)
    return pool


def _table(spots: int) -> np.ndarray:
    return np.full(1 << (2 * spots - 1).bit_length(), -1, np.int32)
