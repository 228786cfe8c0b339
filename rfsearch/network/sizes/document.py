"""Sizes and tilings as the JSON of `rfsearch show --sizes` and `--tiling`, in plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import RfsearchError
from rfsearch.network.sizes.axis_sizes import AxisSizes
from rfsearch.network.sizes.repeating import Repeating

if TYPE_CHECKING:
    from rfsearch.network.network import Network
    from rfsearch.network.sizes.tiling import AxisTiling

# Sizes that are listed one by one beside their rule.
LISTED = 8


def sizes_document(network: Network) -> list[dict[str, object]]:
    """One object an axis: the sizes that work, those near the input's, those that divide."""
    return [_sizes(network.sizes(axis), axis, n) for axis, n in enumerate(network.input)]


def tiling_document(network: Network) -> list[dict[str, object]]:
    """One object an axis; `possible` is false, with the `reason`, where no tiling is exact."""
    found: list[dict[str, object]] = []
    for axis in range(len(network.input)):
        try:
            found.append(_tiling(network.tiling(axis), axis))
        except RfsearchError as error:
            found.append({"axis": axis, "possible": False, "reason": str(error)})
    return found


def _sizes(sizes: AxisSizes, axis: int, n: int) -> dict[str, object]:
    return {
        "axis": axis,
        "input": n,
        "least": sizes.least,
        "nearest": sizes.nearest(n),
        "read_at": sizes.read_at,
        "works": _repeating(sizes.works, n),
        "divides": None if sizes.divides is None else _repeating(sizes.divides, n),
    }


def _repeating(sizes: Repeating, n: int) -> dict[str, object]:
    near = [
        *sizes.below(n, LISTED // 2),
        *([n] if n in sizes else []),
        *sizes.above(n, LISTED // 2),
    ]
    return {
        "rule": sizes.rule,
        "listed": sizes.listed,
        "start": sizes.start if sizes.endless else None,
        "period": sizes.period if sizes.endless else None,
        "remainders": sizes.remainders,
        "near": near,
    }


def _tiling(tiling: AxisTiling, axis: int) -> dict[str, object]:
    fits = tiling.least <= tiling.input
    return {
        "axis": axis,
        "possible": True,
        "input": tiling.input,
        "alignment": tiling.alignment,
        "halo": tiling.halo,
        "cut": tiling.cut,
        "least": tiling.least,
        "step_of_least": tiling.step(tiling.least) if fits else None,
        "rule": tiling.sizes.rule,
        "tiles": [
            {"tile": tile, "step": tiling.step(tile), "count": len(tiling.tiles(tile))}
            for tile in _offered(tiling)
        ],
    }


def _offered(tiling: AxisTiling) -> list[int]:
    """The least tile, then doubled as far as it is smaller than the image."""
    offered: list[int] = []
    tile = tiling.least
    while tile < tiling.input and len(offered) < LISTED:
        offered.append(tile)
        tile = tiling.sizes.above(2 * tile - 1)[0]
    return offered
