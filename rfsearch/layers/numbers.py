"""Numbers: what steps of a stack are made of, as whole numbers from which every cost is taken.

A step is an input, an item of the notation at one width and size, or a head. A cost is a function
of these arrays (rfsearch.layers.cost), so that a new one is one entry there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np


class Numbers(Protocol):
    """int64 arrays over steps [E]; values are counted, not bytes.

    depth         layers; params learned values; macs multiply-accumulates
    activations   values that training keeps: of inputs, layers, block sums
    live          values alive at the greatest moment
    entropy       see rfsearch.layers.cost.layer_entropy
    spread        twelfths of the variance added, all axes together, in squared input positions;
                  None where tensors may be finer than the input
    growth        of the receptive field, all axes together, in input positions
    changes       from a reference network; None where there is none
    weight_bytes, activation_bytes   of one value

    Some work an array out when it is first asked for, and raise UsageError then where int64 would
    wrap.
    """

    @property
    def depth(self) -> np.ndarray: ...
    @property
    def params(self) -> np.ndarray: ...
    @property
    def macs(self) -> np.ndarray: ...
    @property
    def activations(self) -> np.ndarray: ...
    @property
    def live(self) -> np.ndarray: ...
    @property
    def entropy(self) -> np.ndarray: ...
    @property
    def spread(self) -> np.ndarray | None: ...
    @property
    def growth(self) -> np.ndarray: ...
    @property
    def changes(self) -> np.ndarray | None: ...
    @property
    def weight_bytes(self) -> int: ...
    @property
    def activation_bytes(self) -> int: ...
    def at(self, step: np.ndarray) -> Numbers:
        """Those of some steps [E']."""


@dataclass(frozen=True, eq=False)
class KnownNumbers:
    """Numbers that are all worked out."""

    depth: np.ndarray
    params: np.ndarray
    macs: np.ndarray
    activations: np.ndarray
    live: np.ndarray
    entropy: np.ndarray
    spread: np.ndarray | None
    growth: np.ndarray
    changes: np.ndarray | None
    weight_bytes: int
    activation_bytes: int

    def at(self, step: np.ndarray) -> KnownNumbers:
        """Those of some steps [E']."""
        arrays = {name: all for name, all in vars(self).items() if isinstance(all, np.ndarray)}
        return replace(self, **{name: all[step] for name, all in arrays.items()})


class LazyNumbers:
    """Numbers that `make` works out by name, each when it is first asked for."""

    changes = None

    def __init__(
        self, make: Callable[[str], np.ndarray | None], weight_bytes: int, activation_bytes: int
    ) -> None:
        self._make = make
        self._made: dict[str, np.ndarray | None] = {}
        self.weight_bytes, self.activation_bytes = weight_bytes, activation_bytes

    @property
    def depth(self) -> np.ndarray:
        """[E] see Numbers, as of the others."""
        return self._known("depth")

    @property
    def params(self) -> np.ndarray:
        return self._known("params")

    @property
    def macs(self) -> np.ndarray:
        return self._known("macs")

    @property
    def activations(self) -> np.ndarray:
        return self._known("activations")

    @property
    def live(self) -> np.ndarray:
        return self._known("live")

    @property
    def entropy(self) -> np.ndarray:
        return self._known("entropy")

    @property
    def growth(self) -> np.ndarray:
        return self._known("growth")

    @property
    def spread(self) -> np.ndarray | None:
        return self.named("spread")

    def at(self, step: np.ndarray) -> LazyNumbers:
        """Those of some steps [E']."""
        return LazyNumbers(partial(_taken, self, step), self.weight_bytes, self.activation_bytes)

    def named(self, name: str) -> np.ndarray | None:
        """A number by its name."""
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _known(self, name: str) -> np.ndarray:
        found = self.named(name)
        assert found is not None
        return found


def _taken(numbers: LazyNumbers, step: np.ndarray, name: str) -> np.ndarray | None:
    found = numbers.named(name)
    return None if found is None else found[step]


def input_numbers(values: int, weight_bytes: int, activation_bytes: int) -> KnownNumbers:
    """What an input of so many values is made of, as one step."""
    none = np.zeros(1, np.int64)
    return KnownNumbers(
        depth=none,
        params=none,
        macs=none,
        activations=np.array([values], np.int64),
        live=none,
        entropy=none,
        spread=none,
        growth=none,
        changes=None,
        weight_bytes=weight_bytes,
        activation_bytes=activation_bytes,
    )


COUNTED = ("depth", "params", "macs", "activations", "live", "entropy")
