"""How the RF grows along rows of a list, layer by layer, told by what their steps add."""

from __future__ import annotations

from functools import partial

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.errors import RfsearchError
from rfsearch.layers.geometry import nodes_along
from rfsearch.layers.layer import layers_in
from rfsearch.layers.nodes import Join, Window
from rfsearch.layers.recurrence import ROUNDINGS
from rfsearch.question.body import Passed, body_of, input_of, passed
from rfsearch.question.rows import Rows


def with_growth(automaton: Automaton, listed: Rows, rows: np.ndarray) -> Rows:
    """The rows [n, D] of steps of a list, which know how their RF grows along the first axis."""
    return listed.with_growth([partial(_growth, automaton, row[row >= 0].tolist()) for row in rows])


def _growth(automaton: Automaton, row: list[int]) -> list[int]:
    """The RF after each layer up to the head; of a block layer by layer, then where they meet."""
    items = list(passed(automaton, row))
    if not all(map(_of_windows, items)) or not _are_all(automaton, row, items):
        return _described(automaton, row)
    rounding = ROUNDINGS[automaton.query.rounding]
    rf, jump = 1, 1
    found: list[int] = []
    for made, sizes, _ in items:
        along = nodes_along(made.geometry, 0, len(sizes), sizes[0], rounding)
        nodes = [node for node in along or () if node is not None]  # all, as they are windows
        found += [rf + (node.end - node.start) * jump for node in nodes[1:]]
        rf += (nodes[made.end].end - nodes[made.end].start) * jump
        jump *= nodes[made.end].jump
    return found


def _of_windows(item: Passed) -> bool:
    """Whether every layer of an item is a window, over what all layers before it made."""
    made = item.made
    plain = not made.aside and not made.puts
    return plain and all(isinstance(node, (Window, Join)) for node in made.geometry)


def _are_all(automaton: Automaton, row: list[int], items: list[Passed]) -> bool:
    """Whether every layer is told by items, as all are but in networks like one: norms that are
    layers of their own, and what stands behind a sum with SUB."""
    if not automaton.spots.in_pieces:
        return True
    body = body_of(automaton, row)
    norms = any(layer.op in ("BN", "LN", "SCALE") for layer in layers_in(body))
    return len(items) == len(body) and not norms


def _described(automaton: Automaton, row: list[int]) -> list[int]:
    """The same of its network; [] of one that is too large to be described."""
    from rfsearch.network.from_notation import describe
    from rfsearch.network.network import Network

    body, channels = body_of(automaton, row), automaton.space.input_channels
    try:
        network = Network(describe(body, input_of(automaton, row), channels), "body")
    except RfsearchError:
        return []
    return [layer.rf[0] for layer in network.rows[: network.features_index]]
