"""Where activation functions stand.

Every convolution and fully connected layer is followed by its norm and the activation function,
except where convention leaves it out: before a sum (after the sum instead, save for inverted
residuals), and after the network's last layer.
"""

from __future__ import annotations

from rfsearch.layers.layer import Block, Layer, Stack

WEIGHTED = ("C", "DW", "T", "FC")
NORM_LAYERS = ("BN", "LN", "SCALE")


def activated(stack: Stack, plain_end: bool) -> set[int]:
    """Places of the layers after which the activation function comes."""
    places: set[int] = set()
    weighted: int | None = None
    for place, item in enumerate(stack):
        if isinstance(item, Layer) and item.op in WEIGHTED:
            weighted = place
        elif isinstance(item, Layer) and item.op in NORM_LAYERS and weighted is not None:
            places.discard(weighted)
            weighted = place
        else:
            weighted = None
        if weighted is not None:
            places.add(weighted)
    if plain_end:
        last = len(stack) - 1
        while last >= 0 and _is_average(stack[last]):
            last -= 1
        places.discard(last)
    return places


def _is_average(item: Layer | Block) -> bool:
    return isinstance(item, Layer) and item.op == "GAP"
