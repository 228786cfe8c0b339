"""Described: the fields of rows as networks have them, where outputs differ in what they see.

Centre, padding and the shortest path are no sums over steps there, so each row is described.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.placement import Placement
from rfsearch.automaton.plan import BODY, INPUT
from rfsearch.automaton.spots import Spots

if TYPE_CHECKING:
    from rfsearch.network.network import Network

NAMES = ("output_size", "rf", "rf_min", "jump", "centre", "padding_total")


def described_fields(spots: Spots, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Each of NAMES [k, axes] of matches given as steps [k, D], -1 after each end.

    Jumps are texts such as `1/2` where some item makes its output finer than its input.
    """
    found: dict[str, list[list[object]]] = {name: [] for name in NAMES}
    for row in rows:
        network = _network(spots, row[row >= 0].tolist())
        for name in NAMES:
            figure = getattr(network, name)
            each = figure if isinstance(figure, tuple) else (figure,) * spots.axes
            found[name].append(list(each))
    types: dict[str, type] = {"centre": np.float64}
    assert isinstance(spots.steps, Placement)
    if (spots.steps.table.finer > 1).any():
        types["jump"] = np.str_
        found["jump"] = [list(map(str, row)) for row in found["jump"]]
    return {
        name: np.array(values, types.get(name, np.int64)).reshape(-1, spots.axes)
        for name, values in found.items()
    }


def _network(spots: Spots, row: list[int]) -> Network:
    """The network of a row without its head."""
    from rfsearch.network.from_notation import describe
    from rfsearch.network.network import Network

    assert isinstance(spots.steps, Placement)
    links = [spots.links[spots.link[step]] for step in row]
    (sizes,) = (link.input for link in links if link.kind == INPUT)
    body = tuple(item for link in links if link.kind == BODY for item in link.stack)
    return Network(describe(body, sizes, spots.steps.input_channels), "features", 1)
