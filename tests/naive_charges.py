"""A plain oracle of declared costs: every item of every listed network, one by one.

It imports nothing of the package. A network's cost is the sum or the greatest of its items', in
exact fractions; rows gain these as attributes, so that the questions of `naive` take them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from zlib import crc32

import naive_blocks
import naive_notation as notation


@dataclass(frozen=True)
class Item:
    """An item where it stands: its notation, what flows in, what it takes."""

    text: str
    channels: int
    sizes: tuple
    macs: int
    params: int
    values: tuple  # in, out


def items_of(stack, sizes, channels, rounding):
    """The items of a stack as it is printed."""
    source = naive_blocks.input_tensor(sizes, channels)
    found = []
    for item in notation.read(stack.replace("-HEAD-", "-")):
        ran = naive_blocks.run(item, source, rounding)
        text = notation.write((item,))
        values = source.values, ran.out.values
        found.append(Item(text, source.channels, source.sizes, ran.macs, ran.params, values))
        source = ran.out
    return found


@dataclass(frozen=True)
class Declared:
    """One declared cost: how its items join, what is added once, an item's value."""

    combine: str
    once: Fraction
    value: object

    def total(self, items):
        values = [self.value(item) for item in items]
        return (sum(values) if self.combine == "sum" else max(values, default=0)) + self.once


def by_formula(item):
    """`0.3*macs + 7*(in_values + out_values) + 2.25*in_channels + 11`."""
    return Fraction(3, 10) * item.macs + 7 * sum(item.values) + Fraction(9, 4) * item.channels + 11


FORMULA = "0.3*macs + 7*(in_values + out_values) + 2.25*in_channels + 11"


def drawn(item):
    """A value that only item and place decide, with ties: quarters up to 4."""
    said = f"{item.text} {item.channels} {item.sizes}"
    return Fraction(crc32(said.encode()) % 17, 4)


class Charged:
    """A row with declared costs beside its own."""

    def __init__(self, row, values):
        self.row, self.values = row, values

    def __getattr__(self, name):
        if name in self.values:
            return self.values[name]
        return getattr(self.row, name)


def charged(rows, declared, channels, rounding, sizes_of=lambda row: row.input):
    """The rows with the declared costs {name: Declared}, and every item that occurs."""
    found, used = [], {}
    for row in rows:
        items = items_of(row.stack, sizes_of(row), channels, rounding)
        used.update(dict.fromkeys(items))
        found.append(Charged(row, {name: one.total(items) for name, one in declared.items()}))
    return found, list(used)
