"""Documents such as a search writes, of stacks of one's choice: for the tests of the page.

Their figures come from the description of each stack, so that no engine is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, product
from typing import Any

import rfsearch
from rfsearch.answer.output.plain import plain

COSTS = ("params", "macs", "memory", "peak_memory", "depth")


def row(stack: str, **where: Any) -> dict[str, Any]:
    """The row of a stack, on an input of `where`."""
    network = rfsearch.parse(stack, **where)
    figures = {name: network.totals[name] for name in COSTS}
    places = {"output_size": network.output_size, "rf": network.rf, "jump": network.jump}
    return {"stack": stack, **places, **figures}


def search(
    front: Iterable[str], results: Iterable[str] = (), input: int = 64, **more: Any
) -> dict[str, Any]:
    """The document of a search that has these stacks on its front and in its list."""
    rows = [
        {"rank": rank, "twins": 3 * rank} | row(stack, input=input)
        for rank, stack in enumerate(results, start=1)
    ]
    document = {
        "schema": 2,
        "query": {
            "target_rf": 9,
            "input": input,
            "rounding": "floor",
            "bytes_per_value": 4,
            "input_channels": 3,
            "rank_by": ["memory", "macs"],
            "front": ["memory", "macs"],
        },
        "space": {"candidates": "123456789012345678901"},
        "matches": 60_853_070_827,
        "families": 38_105,
        "matches_by_depth": {"4": 0, "5": 1_379, "6": "98765432109876543"},
        "front": [row(stack, input=input) for stack in front],
        "results": rows,
        "why": ["RF 9 is odd, so even kernels come in pairs"],
        "nearby": [{"query": {"target_rf": 11}, "matches": 17, "memory": 70_000, "macs": 90_000}],
    }
    made: dict[str, Any] = plain(document | more)
    return made


def many(count: int, layers: int = 6) -> list[str]:
    """So many different stacks of that many layers."""
    choices = ("16C3P1", "16C1", "24C3P1", "32C5P2", "48C3P1")
    return ["-".join(stack) for stack in islice(product(choices, repeat=layers), count)]
