"""Numbers: what steps of a stack are made of, as whole numbers from which every cost is taken.

A step is an input, an item of the notation at one width and size, or a head. A cost is a function
of these arrays (rfsearch.layers.cost), so that a new one is one entry there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Numbers:
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
    """

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

    def at(self, step: np.ndarray) -> Numbers:
        """Those of some steps [E']."""
        arrays = {name: all for name, all in vars(self).items() if isinstance(all, np.ndarray)}
        return replace(self, **{name: all[step] for name, all in arrays.items()})


def input_numbers(values: int, weight_bytes: int, activation_bytes: int) -> Numbers:
    """What an input of so many values is made of, as one step."""
    none = np.zeros(1, np.int64)
    return Numbers(
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
