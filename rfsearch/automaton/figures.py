"""Figures: what every step adds to each cost, as whole numbers; worked out when first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Protocol

import numpy as np

from rfsearch.errors import UsageError
from rfsearch.layers.cost import RANKED
from rfsearch.layers.numbers import Numbers

LARGEST_STEP = 1 << 56  # of a cost: sixty-four such steps stay within 2^62


class StepSource(Protocol):
    """Steps that know what they are made of."""

    def numbers(self) -> Numbers:
        """The arrays over the steps."""


class Figures(Mapping[str, np.ndarray]):
    """int64 [E] of every cost by name.

    `extra` holds costs that the numbers of steps do not give; `changes` is a cost only where there
    is a reference network.
    """

    def __init__(self, source: StepSource, extra: Mapping[str, np.ndarray]) -> None:
        self._source = source
        self._known = dict(extra)

    @cached_property
    def numbers(self) -> Numbers:
        """What the steps are made of."""
        return self._source.numbers()

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._known:
            cost = RANKED[name]
            values = cost.step(self.numbers) if cost.step else None
            if values is None:
                raise KeyError(name)
            self._known[name] = _checked(values, name, cost.unit)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        for name, cost in RANKED.items():
            if name in self._known or (cost.step and cost.step(self.numbers) is not None):
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _checked(values: np.ndarray, name: str, unit: str) -> np.ndarray:
    """The values of a cost; UsageError where sums of them could pass int64."""
    values = np.asarray(values)
    if values.dtype == object or _most(values) > LARGEST_STEP:
        raise UsageError(
            f"{name}: one layer or block passes 2^56 {unit}; reduce channels, kernels or input"
        )
    return values.astype(np.int64, copy=False)


def _most(values: np.ndarray) -> int:
    """The greatest of values without their signs."""
    return max(int(values.max(initial=0)), -int(values.min(initial=0)))
