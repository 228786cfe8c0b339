"""Figures for people: grouped integers, bytes and large numbers to four digits.

Exact integers stay whole where they are counts; costs are shortened, since the files carry them
in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from rfsearch.layers.cost import CHARGED, LISTED, RANKED, Cost

_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_THOUSANDS = ("", " k", " M", " G", " T", " P")


def grouped(number: int) -> str:
    """`60,853,070,827`; beyond 24 digits the first ones and the power of ten."""
    if abs(number) < 10**24:
        return f"{number:,}"
    digits = str(number)
    return f"{digits[0]}.{digits[1:4]} × 10^{len(digits) - 1}"


def in_bytes(number: int) -> str:
    """`1.546 MiB`."""
    return _shortened(number, 1024, tuple(" " + unit for unit in _BYTES))


def in_thousands(number: int) -> str:
    """`224.1 M`."""
    return _shortened(number, 1000, _THOUSANDS)


def _shortened(number: int, base: int, units: tuple[str, ...]) -> str:
    power = 0
    while power + 1 < len(units) and number >= base ** (power + 1):
        power += 1
    if power == 0:
        return f"{number}{units[0]}"
    scaled = number / base**power
    decimals = 3 if scaled < 10 else 2 if scaled < 100 else 1 if scaled < 1000 else 0
    return f"{scaled:.{decimals}f}{units[power]}"


def in_six_digits(number: float) -> str:
    """`12.3457`."""
    return f"{number:.6g}"


_BY_UNIT: dict[str, Callable[[Any], str]] = {
    "bytes": in_bytes,
    "values": in_thousands,
    "multiply-accumulates": in_thousands,
}
# How each column of a result is shown, costs by their units; other columns as they are.
SHOWN: dict[str, Callable[[Any], str]] = {
    name: in_six_digits if RANKED[name].scale > 1 else _BY_UNIT.get(RANKED[name].unit, str)
    for name in (*LISTED, *CHARGED)
} | {"twins": grouped}


def shown(column: str, value: Any, costs: Mapping[str, Cost] = RANKED) -> str:
    """One value of a result's column, `103×155` where axes differ; nothing for null.

    `costs` are those of the query, the declared ones among them, each with a unit of its own.
    """
    if column in costs and column not in RANKED:
        from rfsearch.device.unit import UNITS, in_unit

        return "–" if value is None else in_unit(Fraction(value), UNITS[costs[column].unit])
    if value is None:
        return "–"
    if isinstance(value, list):
        return "×".join(map(str, value))
    return SHOWN.get(column, str)(value)
