"""What the page draws of one network: its tensors, how they are joined, and what each costs.

The table of `rfsearch show` has a row for every layer; a drawing also needs the input, the edges
between tensors, what a layer does along each axis, and the tensors that are alive in each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rfsearch.network.axis import ZEROS, AxisMap, Global, Whole, Window
from rfsearch.network.document import row_values
from rfsearch.network.figures import agreed
from rfsearch.network.memory import live_tensors
from rfsearch.network.node import MIX, NORM
from rfsearch.network.weights import taps

if TYPE_CHECKING:
    from rfsearch.network import Network

# Positions beyond which the weights of a resize are not written out one by one.
LARGEST_WRITTEN = 4_096

_SHOWN = (
    *("input_channels", "output_size", "rf", "rf_min", "jump", "centre", "padding_total"),
    *("totals", "findings"),
)


def drawing(network: Network) -> dict[str, Any]:
    """Everything the page shows of a network, as plain values.

    `document` is what the page shows of that of `rfsearch show`; `tensors` one entry a node, the
    input first: those of the table's row and

        from     the tensors that it reads, by number
        op       the operation; "input" for the first
        sizes    positions, one entry an axis
        middle   (first, last) input pixel that its middle output sees, one pair an axis
        along    what it does along each axis; None where every output reads its own position
        alive    the tensors alive while it is made, by number
        held     bytes of each of these, where a patch holds a part of one, or a concatenation
                 only copies
        bytes    of the tensor itself

    `features` is the number of the last tensor before the head.
    """
    alive = live_tensors(network.nodes, network.outputs)
    rows: list[dict[str, Any]] = [{}, *(row_values(row) for row in network)]
    return {
        # Not document(): what else is in it takes longer than all of this, for thousands.
        "document": {"input": agreed(list(network.input))}
        | {name: getattr(network, name) for name in _SHOWN},
        "notation": network.notation,
        "bytes_per_value": network.bytes_per_value,
        "features": network.features_index,
        "outputs": network.outputs,
        "tensors": [
            row
            | {
                "layer": node.name,
                "op": node.op,
                "from": list(node.inputs),
                "sizes": list(node.sizes),
                "channels": node.channels,
                "middle": [
                    seen.box((n - 1) // 2) or (0, -1)
                    for seen, n in zip(node.fields, node.sizes, strict=True)
                ],
                "along": _along(node.op, node.maps, network.nodes[node.inputs[0]].sizes)
                if node.inputs
                else None,
                "alive": list(alive[number]),
                "bytes": node.values * network.bytes_per_value,
            }
            | (
                {"held": [one * network.bytes_per_value for one in alive[number].values()]}
                if any(network.nodes[one].values != held for one, held in alive[number].items())
                else {}
            )
            for number, (node, row) in enumerate(zip(network.nodes, rows, strict=True))
        ],
    }


def _along(op: str, maps: tuple[AxisMap, ...], sizes: tuple[int, ...]) -> Any:
    """What a node does along each axis.

    A window over zeros is [kernel, stride, padding before, after, dilation]; a pool over everything
    "whole"; anything else the (position, weight) of each output. "mix" reads many positions with
    weights that the input decides, so that it has no impulse response.
    """
    if op == MIX:
        return MIX
    if not maps or op == NORM:
        return None
    return [_of_axis(one, n) for one, n in zip(maps, sizes, strict=True)]


def _of_axis(one: AxisMap, n: int) -> Any:
    if isinstance(one, Whole):
        return "whole"
    if isinstance(one, Global):
        return MIX
    if isinstance(one, Window) and one.edge == ZEROS:
        return [one.kernel, one.stride, *one.padding(n), one.dilation]
    if max(n, one.size(n)) > LARGEST_WRITTEN:
        return MIX
    return {"taps": taps(one, n)}
