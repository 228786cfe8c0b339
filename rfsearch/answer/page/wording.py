"""What the page calls each column, and its unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfsearch.layers.cost import RANKED

_NAMES = {
    "macs": "MACs",
    "rf": "RF",
    "erf_variance": "ERF variance",
    "peak_memory": "peak memory",
    "weight_memory": "weight memory",
    "deepmad": "DeepMAD",
}
_OTHERS = {
    "output_size": ("output size", "pixels", "size after the last layer"),
    "rf_min": ("least RF", "pixels", "receptive field along the shortest path"),
    "padding_total": ("effective padding", "pixels", "pixels that output 0 sees before the input"),
    "jump": ("jump", "pixels", "input pixels between neighbouring outputs"),
    "twins": ("twins", "stacks", "stacks of the family, itself included"),
    "rank": ("rank", "", "place in the list"),
}


def costs(declared: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Name, unit and meaning of every column that a chart may have on an axis.

    `declared` are the costs that a question declares, as its document has them.
    """
    known = {
        cost.name: {
            "name": _NAMES.get(cost.name, cost.name),
            "unit": cost.unit,
            "meaning": cost.meaning,
        }
        for cost in RANKED.values()
    }
    others = {
        key: {"name": name, "unit": unit, "meaning": meaning}
        for key, (name, unit, meaning) in _OTHERS.items()
    }
    own = {
        name: {"name": name.replace("_", " "), "unit": said.get("unit", ""), "meaning": "declared"}
        for name, said in declared.items()
    }
    return known | others | own
