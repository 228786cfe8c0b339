"""Figures for people: grouped integers, bytes and large numbers to four digits.

Exact integers stay whole where they are counts; costs are shortened, since the files carry them
in full.
"""

from __future__ import annotations

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


# How each column of a result is shown; other columns as they are.
SHOWN = {
    "memory": in_bytes,
    "peak_memory": in_bytes,
    "macs": in_thousands,
    "params": in_thousands,
    "activations": in_thousands,
    "twins": grouped,
    "weight_memory": in_bytes,
    "entropy": lambda value: f"{value:.6g}",
    "erf_variance": lambda value: f"{value:.6g}",
}


def shown(column: str, value: object) -> str:
    """One value of a result's column, `103×155` where axes differ; nothing for null."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return "×".join(map(str, value))
    return str(SHOWN.get(column, str)(value))  # type: ignore[operator]
