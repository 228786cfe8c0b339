"""What makes it impossible that tiles reproduce the whole image, named by its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.network.axis import CIRCULAR, AxisMap, Global, Resize, Transposed, Window
from rfsearch.network.global_paths import global_kind
from rfsearch.network.words import row_name

if TYPE_CHECKING:
    from rfsearch.network.network import Network


def reason_against(network: Network, axis: int) -> str:
    """Why no tiling along the axis gives the features of the whole; "" where one does."""
    needed = {network.features_index}
    for index in range(network.features_index, -1, -1):
        if index not in needed:
            continue
        needed.update(network.nodes[index].inputs)
    nodes = [network.nodes[index] for index in sorted(needed)]
    for node in nodes:
        if kind := global_kind(network, node):
            row = row_name(network, node)
            return f"row {row}, {kind}, lets every output see the whole image"
    for node in nodes:
        row = row_name(network, node)
        if not node.maps:
            continue
        if what := _unlike(node.maps[axis], network.nodes[node.inputs[0]].sizes[axis]):
            return f"row {row} {what}"
    return ""


def _unlike(one: AxisMap, n: int) -> str:
    """Why what a map does to a tile is not what it does to the whole; "" where it is."""
    if isinstance(one, Window):
        circular = one.edge == CIRCULAR and max(one.padding(n)) > 0
        return "pads with the pixels of the other end" if circular else ""
    if isinstance(one, Transposed):
        return ""
    if isinstance(one, Resize) and one.target is None and one.place != "align_corners":
        return ""
    if isinstance(one, Resize) and one.place == "align_corners":
        return "resizes with aligned corners, whose steps depend on the size of the image"
    if isinstance(one, Global):
        return "lets every output see the whole image"
    return "makes a tensor of one size, whatever the image's"
