"""Held: what is held, as the coordinates of a vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

SHAPE, JUMP, DEPTH = "shape", "jump", "depth"


@dataclass(frozen=True)
class Held:
    """The coordinates of a vector, those held equal first; `shape` stands for size (and jump)."""

    names: tuple[str, ...]
    tolerances: tuple[Fraction, ...]
    shapes: tuple[str, ...]  # what a shape is made of: output_size, jump
    tolerance_of: Mapping[str, Fraction] = field(hash=False)  # as it was asked for

    @classmethod
    def of(cls, hold: dict[str, Fraction], jumps_known: bool) -> Held:
        """`jumps_known`: states tell all jumps apart; else strides are summed up."""
        shapes = tuple(name for name in ("output_size", JUMP) if name in hold)
        if not jumps_known:
            shapes = tuple(name for name in shapes if name != JUMP)
        names = [name for name in hold if name not in shapes]
        names.sort(key=lambda name: hold[name] > 0)
        if shapes:
            names.insert(0, SHAPE)
        tolerances = tuple(hold.get(name, Fraction(0)) for name in names)
        return cls(tuple(names), tolerances, shapes, hold)

    @property
    def costs(self) -> tuple[str, ...]:
        """The coordinates that add up, or are joined, along a stack."""
        return self.names[1:] if self.shapes else self.names

    @property
    def exact(self) -> int:
        """How many leading coordinates are held equal."""
        return sum(not tolerance for tolerance in self.tolerances)
