"""The input size of a network: one number, one an axis, or text of either."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rfsearch.errors import UsageError, quoted
from rfsearch.network.graph import AXIS_LIMIT, size_limit

InputSize = int | str | Sequence[int]


def input_sizes(given: InputSize, axes: int | None = None) -> tuple[int, ...]:
    """Sizes, one an axis. A single number is that size on every one of `axes` (default 2).

    Text may be `227`, `224x320`, `16x112x112`, or a number with its axes first: `1d:16000`,
    `3d:112`. UsageError names the value.
    """
    if isinstance(given, str):
        return input_sizes(*_read(given, axes))
    if isinstance(given, bool) or not isinstance(given, int | list | tuple):
        raise UsageError(f"input: {quoted(given)} is not a size, like 227, or a size an axis")
    sizes: tuple[int, ...] = (given,) * (axes or 2) if isinstance(given, int) else tuple(given)
    if not 1 <= len(sizes) <= AXIS_LIMIT or (axes and len(sizes) != axes):
        raise UsageError(f"input: {quoted(given)} has {len(sizes)} axes, not {axes or '1, 2 or 3'}")
    most = size_limit(len(sizes))
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= most:
            raise UsageError(f"input: {quoted(size)} is not a whole number in 1..{most}")
    return sizes


def _read(text: str, axes: int | None) -> tuple[int | tuple[int, ...], int | None]:
    found = re.fullmatch(r"(?:([123])d:)?([0-9]{1,9}(?:x[0-9]{1,9})*)", text.strip())
    if not found:
        raise UsageError(f"input: {quoted(text)} is not a size, like 227, 224x320 or 1d:16000")
    sizes = tuple(map(int, found[2].split("x")))
    axes = int(found[1]) if found[1] else axes
    return (sizes[0] if len(sizes) == 1 else sizes), axes
