"""What every network with one stem and one head has: bytes that no item is charged for.

Layouts of tables, codes of operators and constants that items may share stand once in a file,
however many use them. Of those that stem and head use this is certain, whatever stands between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial

from rfsearch.device.tflm.file import operator_code, write_model
from rfsearch.device.tflm.flatbuffer import OFFSET, FileSize
from rfsearch.device.tflm.item import NETWORK, ItemCost, tensor_size
from rfsearch.device.tflm.kept import TENSOR
from rfsearch.device.tflm.lower import lower
from rfsearch.device.tflm.model import Model
from rfsearch.device.tflm.names import SHARED
from rfsearch.errors import UsageError
from rfsearch.export.planner import plan
from rfsearch.layers.layer import Layer, Stack


class _Layouts(FileSize):
    """Which fields the tables of a file have; tables of other fields have another layout."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: set[frozenset[int]] = set()

    def table(self, fields: Sequence[tuple[int, int]]) -> None:
        self.fields.add(frozenset(slot for slot, _ in fields))
        super().table(fields)


@lru_cache(maxsize=1 << 10)
def every_network(stem: Stack, head: Stack, sizes: tuple[int, ...], channels: int) -> ItemCost:
    """What networks of this stem and head on such an input take beside their items, at least."""
    model = _ends(stem, head, sizes, channels)
    if model is None:
        return NETWORK
    layouts = _Layouts()
    write_model(layouts, model)
    flash = sum(FileSize.layout(fields) for fields in layouts.fields)
    kinds = dict.fromkeys(operator.kind for operator in model.operators)
    for kind in kinds:
        flash += OFFSET + FileSize.least(partial(operator_code, kind=kind))
    shared = [one for one in model.tensors if one.constant and not one.scales]
    for tensor in shared:
        named = min((tensor.name, SHARED), key=len)
        flash += tensor_size(replace(tensor, name=named))
    return ItemCost(NETWORK.persistent + TENSOR * len(shared), NETWORK.peak, NETWORK.flash + flash)


def _ends(stem: Stack, head: Stack, sizes: tuple[int, ...], channels: int) -> Model | None:
    """Stem and head as one network; None where what they use may depend on what is between."""
    first = head[0] if head else None
    if not stem or not (isinstance(first, Layer) and first.op == "GAP" and len(head) > 1):
        return None
    try:
        return lower(plan((*stem, *head), sizes, channels))
    except UsageError:
        return None
