"""What a class of networks is scored by, beside the totals: entropy, spread, DeepMAD's figures.

The definitions are those of searches (docs/costs.md); a described network gives the same figures
as the row of a search that found it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING

from rfsearch.layers.cost import LOG_SCALE, log_fixed, window_spread
from rfsearch.layers.layer import Item, Layer, layers_in
from rfsearch.network.coverage import coverage
from rfsearch.network.node import Node

if TYPE_CHECKING:
    from rfsearch.network.network import Network

# Shen et al. weigh the last stage so; the others count once.
LAST_RATIO = 8
GREATEST = 10**308
_PRECISE = Context(prec=40)
_WEIGHTED = ("C", "DW", "T")


def scores(network: Network) -> dict[str, float | int | None]:
    """Costs by name; None for one that the network has not: DeepMAD's need a notation."""
    stages = _stages(network)
    deepmad = None if stages is None else _score(stages)
    return {
        "weight_memory": network.totals["params"] * network.bytes_per_weight,
        "entropy": entropy(network.nodes) / LOG_SCALE,
        "erf_variance": erf_variance(network),
        "deepmad": deepmad,
        "deepmad_paper": None if deepmad is None else 2 * deepmad,
        "effectiveness": None if stages is None else _effectiveness(stages),
        "coverage": None if (share := coverage(network)) is None else float(share),
    }


def entropy(nodes: Sequence[Node]) -> int:
    """Sum of log(c_in k^2 / groups) over all convolutions, in units of 2^-32."""
    return sum(_log(nodes[node.inputs[0]], node) for node in nodes if node.op in _WEIGHTED)


def erf_variance(network: Network) -> float | None:
    """Sum of d^2 j^2 (k^2 - 1) / 12 along the widest path of windows, the mean over its axes.

    What a global path adds is left out, as it is of the RF. None where positions are resized or
    moved: the response is no such sum; or where it is beyond every float.
    """
    nodes = network.nodes[: network.features_index + 1]
    twelfths: list[tuple[int, ...] | None] = [(0,) * len(network.input)]
    for node in nodes[1:]:
        paths = [twelfths[one] for one in node.inputs if not nodes[one].after_head]
        known = [one for one in paths if one is not None]
        if node.after_head or len(known) < len(paths) or len(node.windows) < len(node.maps):
            twelfths.append(None)
            continue
        widest = [max(along) for along in zip(*known, strict=True)]
        fields = nodes[node.inputs[0]].fields
        for axis, window in enumerate(node.windows):
            jump = int(fields[axis].jump)
            widest[axis] += window_spread(window.kernel, window.dilation) * jump**2
        twelfths.append(tuple(widest))
    last = twelfths[-1]
    if last is None or sum(last) >= GREATEST:
        return None
    return sum(last) / 12 / len(network.input)


def _log(source: Node, made: Node) -> int:
    """log(c_in k^2 / groups) of a convolution, from the products that it sums for one output."""
    volume = source.volume if made.op == "T" else made.volume
    return log_fixed(max(made.macs // (volume * made.channels), 1))


@dataclass(frozen=True)
class _Stage:
    """What stands at the end of a stage: values of the tensor, and all convolutions up to there."""

    values: int
    convolutions: int
    logs: int


def _stages(network: Network) -> list[_Stage] | None:
    """A stage ends before each strided item and where the body ends; convolutions as written."""
    if network.notation is None:
        return None
    stages: list[_Stage] = []
    count = logs = 0
    for before, after, own in _items(network):
        if count and any(
            end.jump > begin.jump for begin, end in zip(before.fields, after.fields, strict=True)
        ):
            stages.append(_Stage(before.values, count, logs))
        count += len(own)
        logs += sum(own)
        last = after
    if not count:
        return []
    return [*stages, _Stage(last.values, count, logs)]


def _items(network: Network) -> Iterator[tuple[Node, Node, list[int]]]:
    """Of each item of the body: the tensors before and after, the logarithms of its own layers."""
    from rfsearch.layers.layer import split_head
    from rfsearch.layers.notation import parse_stack
    from rfsearch.network.from_notation import Step, describe

    assert network.notation is not None
    steps: list[Step] = []
    stack = parse_stack(network.notation)
    graph = describe(stack, network.input, network.input_channels, steps)
    body = split_head(stack)[0]
    at = 0
    for item in body:
        own: list[int] = []
        source = graph.nodes[0] if at == 0 else steps[at - 1].made
        while True:
            step = steps[at]
            at += 1
            layer = step.item
            if isinstance(layer, Layer) and layer.op in _WEIGHTED and _is_written(item, layer):
                own.append(_log(step.source, step.made))
            if step.item is item:
                break
        if step.made.after_head:
            return
        yield source, step.made, own


def _is_written(item: Item, layer: Layer) -> bool:
    """Whether the layer stands in the notation: projections and a gate's convolutions do not."""
    return any(one is layer for one in layers_in((item,)))


def _score(stages: list[_Stage]) -> float:
    """Shen et al.'s score as their code has it: half the logarithms' sum at each stage's end."""
    total = 0
    for number, stage in enumerate(stages, start=1):
        ratio = LAST_RATIO if number == len(stages) else 1
        total += ratio * log_fixed(stage.values) * stage.logs
    return total / (2 * LOG_SCALE * LOG_SCALE)


def _effectiveness(stages: list[_Stage]) -> float:
    """The greatest over the stages' ends of exp(log D - W / D)."""
    found = [0.0]
    for stage in stages:
        power = -Decimal(stage.logs) / (stage.convolutions * LOG_SCALE)
        found.append(float(stage.convolutions * power.exp(_PRECISE)))
    return max(found)
