"""Units of a cost: what converts into what, and how a value is best shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from rfsearch.errors import UsageError
from rfsearch.quantity import fraction


@dataclass(frozen=True)
class Unit:
    """`name`, what it measures, and how many of the smallest unit of that it is."""

    name: str
    of: str
    size: int


UNITS: dict[str, Unit] = {
    unit.name: unit
    for unit in (
        *(Unit(name, "time", size) for name, size in
          (("ns", 1), ("us", 10**3), ("ms", 10**6), ("s", 10**9))),
        *(Unit(name, "energy", size) for name, size in
          (("nJ", 1), ("uJ", 10**3), ("mJ", 10**6), ("J", 10**9))),
        *(Unit(name, "bytes", size) for name, size in
          (("B", 1), ("kB", 10**3), ("KiB", 2**10), ("MB", 10**6), ("MiB", 2**20))),
        Unit("cycles", "cycles", 1),
        Unit("", "numbers", 1),
    )
}  # fmt: skip
# Units that values are shown in, largest first.
_SHOWN: dict[str, tuple[str, ...]] = {
    "time": ("s", "ms", "us", "ns"),
    "energy": ("J", "mJ", "uJ", "nJ"),
    "bytes": ("MiB", "KiB", "B"),
    "cycles": ("cycles",),
    "numbers": ("",),
}


def unit_named(name: str, place: str) -> Unit:
    """The unit of this name; UsageError names the place and lists what there is."""
    name = name.strip().replace("µ", "u").replace("μ", "u")  # the two signs for micro
    if name not in UNITS:
        known = ", ".join(one for one in UNITS if one)
        raise UsageError(f"{place}: {name} is no unit; known are {known}")
    return UNITS[name]


_AMOUNT = re.compile(r"\s*([0-9./]+)\s*([A-Za-zµμ]+)\s*\Z")


def split_amount(given: object, place: str) -> tuple[Fraction, Unit | None]:
    """The number of `12ms` and its unit; None where it has none, as `300M`."""
    found = _AMOUNT.match(given) if isinstance(given, str) else None
    if found is not None:
        name = found[2].replace("µ", "u").replace("μ", "u")
        if name in UNITS:
            return fraction(found[1], place), UNITS[name]
    return fraction(given, place), None


def factor(given: Unit, wanted: Unit, place: str) -> Fraction:
    """What values in `given` are multiplied by to be in `wanted`; UsageError if of another kind."""
    if given.of != wanted.of:
        raise UsageError(
            f"{place}: values in {given.name or 'no unit'} ({given.of}) are no "
            f"{wanted.name or 'plain numbers'} ({wanted.of})"
        )
    return Fraction(given.size, wanted.size)


def in_unit(value: Fraction, unit: Unit) -> str:
    """A value with the unit in which it is easiest to read: `12.3 ms`."""
    whole = value * unit.size
    name = next(
        (one for one in _SHOWN[unit.of] if abs(whole) >= UNITS[one].size), _SHOWN[unit.of][-1]
    )
    number = whole / UNITS[name].size
    text = f"{int(number):,}" if number.denominator == 1 else f"{float(number):,.4g}"
    return f"{text} {name}".rstrip()
