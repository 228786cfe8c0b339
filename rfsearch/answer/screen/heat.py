"""A sweep as two maps in text: how many stacks match, and the least of a cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rfsearch.answer.screen.figures import shown
from rfsearch.plot.sweep import over_depths

if TYPE_CHECKING:
    import polars as pl

_SHADES = "░▒▓█"  # from the least to the greatest
_NOTHING = "·"


def heat_screen(rows: pl.DataFrame, ranked: str) -> str:
    """Both maps: a row for each target, a column for each input, over all depths.

    The first shows how many digits the number of matches has; the second in four shades, each of
    as many cells, the least of the cost `ranked` (the greatest for `max:`).
    """
    cost = ranked.removeprefix("max:")
    cells = over_depths(rows.to_dicts(), ranked)
    inputs = list(dict.fromkeys(cell.input for cell in cells))
    targets = list(dict.fromkeys(cell.target_rf for cell in cells))
    counts = {(cell.input, cell.target_rf): cell.matches for cell in cells}
    best = {(cell.input, cell.target_rf): cell.best for cell in cells if cell.best is not None}
    lines = ["digits of the number of matches (· none, ? not known)"]
    lines += _map(inputs, targets, lambda place: _digits(counts.get(place, 0)))
    if best:
        shade, legend = _shading(cost, list(best.values()))
        word = "greatest" if ranked.startswith("max:") else "least"
        lines += ["", f"{word} {cost.replace('_', ' ')}: {legend}"]
        lines += _map(
            inputs, targets, lambda place: shade(best[place]) if place in best else _NOTHING
        )
    return "".join(line + "\n" for line in lines)


def _map(
    inputs: Sequence[Any], targets: Sequence[Any], cell: Callable[[tuple[Any, Any]], str]
) -> list[str]:
    """A line for each target below a line of inputs; cells as wide as the widest input."""
    width = max(len(str(one)) for one in inputs) + 1
    left = max(len("RF"), *(len(str(one)) for one in targets))
    lines = ["RF".rjust(left) + "".join(str(one).rjust(width) for one in inputs) + "  input"]
    for target in targets:
        cells = "".join(cell((one, target)).rjust(width) for one in inputs)
        lines.append(str(target).rjust(left) + cells)
    return lines


def _digits(count: int | None) -> str:
    if count is None:
        return "?"
    return str(len(str(count))) if count else _NOTHING


def _shading(cost: str, values: list[float]) -> tuple[Callable[[float], str], str]:
    """The shade of a value, and what the shades mean: quarters of the cells that have any."""
    ordered = sorted(values)
    bounds = [
        ordered[(len(ordered) - 1) * quarter // len(_SHADES)] for quarter in range(1, len(_SHADES))
    ]
    tops = [*bounds, ordered[-1]]
    legend = ", ".join(
        f"{shade} to {shown(cost, top)}" for shade, top in zip(_SHADES, tops, strict=True)
    )

    def shade(value: float) -> str:
        return _SHADES[sum(value > bound for bound in bounds)] * 2

    return shade, legend
