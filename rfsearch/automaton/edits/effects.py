"""Effects: what each step of a neighbourhood is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rfsearch.automaton.edits.where import COSTS
from rfsearch.device.place import Place
from rfsearch.layers.numbers import KnownNumbers


@dataclass(frozen=True, eq=False)
class Effects:
    """Steps (E) of a neighbourhood.

    costs [E, COSTS]; box [E, (start, end, least, spread), axes] in units of the jump before a
    step, jump [E, axes]; stride [E, axes]; changes [E] from the reference network. written: the
    items that steps finish and the number of each step's [E], where they were asked for. apart:
    something tells the axes apart.
    """

    costs: np.ndarray
    box: np.ndarray
    stride: np.ndarray
    jump: np.ndarray
    changes: np.ndarray
    weight_bytes: int
    activation_bytes: int
    written: tuple[Sequence[tuple[Place, ...]], np.ndarray] | None
    apart: bool
    grown: None = None  # growth is that of the boxes

    @property
    def axes(self) -> int:
        """How many axes."""
        return int(self.stride.shape[1])

    def chosen(self, step: np.ndarray) -> Effects:
        """The effects of some steps [E']."""
        arrays = ("costs", "box", "stride", "jump", "changes")
        written = self.written and (self.written[0], self.written[1][step])
        return replace(
            self, written=written, **{name: getattr(self, name)[step] for name in arrays}
        )

    def boxes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(start, end, least) [E, axes] of each step in units of the jump before it."""
        return self.box[:, 0], self.box[:, 1], self.box[:, 2]

    def numbers(self) -> KnownNumbers:
        """What every step is made of."""
        return KnownNumbers(
            **dict(zip(COSTS, self.costs.T, strict=True)),
            spread=(self.box[:, 3] * self.jump**2).sum(axis=1),
            growth=((self.box[:, 1] - self.box[:, 0]) * self.jump).sum(axis=1),
            changes=self.changes,
            weight_bytes=self.weight_bytes,
            activation_bytes=self.activation_bytes,
        )
