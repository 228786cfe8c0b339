"""Findings: what is worth knowing about a network, one line each, with its numbers.

Each function looks for one thing and yields its lines. All figures are exact; "rows and columns"
are positions along an axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from rfsearch.network.axis import Window
from rfsearch.network.bits import runs
from rfsearch.network.field import Field
from rfsearch.network.global_paths import global_paths
from rfsearch.network.node import Node
from rfsearch.network.patches import Patches
from rfsearch.network.reach import reach
from rfsearch.network.sides import look
from rfsearch.network.sizes.finding import size_findings
from rfsearch.network.words import AXIS_NAMES, SHOWN, figure, listed, row_name, some

if TYPE_CHECKING:
    from rfsearch.network.network import Network


def find(network: Network) -> list[str]:
    """Every finding, in a fixed order."""
    looks = (
        _outputs,
        _beyond_input,
        _one_position,
        global_paths,
        _unseen,
        _dropped,
        _gridding,
        _branches,
        _patches,
        _even,
        _phases,
    )
    lines = [line for look in looks for line in look(network)]
    return lines + list(size_findings(network)) + network.notes


def _outputs(network: Network) -> Iterator[str]:
    """Several outputs, each with the size and RF before its head."""
    if len(network.outputs) < 2:
        return
    shown = []
    for output in network.outputs:
        features = network.nodes[network.nodes[output].features]
        rf = figure([seen.rf for seen in features.fields])
        size = "×".join(map(str, features.sizes))
        shown.append(f"row {row_name(network, network.nodes[output])} {size}, RF {rf}")
    yield f"{len(shown)} outputs: {'; '.join(shown)}"


def _beyond_input(network: Network) -> Iterator[str]:
    """Unproductive layers: Richter, Schöning, Krumnack 2021, "Should You Go Deeper?"."""
    nodes = network.nodes
    open_nodes = [node for node in nodes[: network.features_index + 1] if not node.after_head]
    passing = [node for node in open_nodes if _exceeds(node, network.input)]
    if not passing:
        return
    idle = [
        node
        for node in open_nodes
        if node.is_layer
        and all(_exceeds(nodes[source], network.input, shortest=True) for source in node.inputs)
    ]
    tail = ""
    if idle:
        params = sum(node.params for node in idle)
        share = 100 * params / max(network.totals["params"], 1)
        tail = (
            f"; {len(idle)} layers read only positions that have seen more than the input even by "
            f"the shortest path (unproductive, Richter et al. 2021): {share:.0f}% of the params"
        )
    yield (
        f"RF {network.rf} is beyond the input of {figure(network.input)} "
        f"from row {row_name(network, passing[0])} on{tail}"
    )


def _one_position(network: Network) -> Iterator[str]:
    """Features of one position that no pooling made: strides have left nothing of where."""
    features = network.features
    strided = any(seen.jump > 1 for seen in features.fields)
    if strided and features.volume == 1 < network.nodes[0].volume:
        jump = figure([int(seen.jump) for seen in features.fields])
        yield (
            f"the features are one position: strides of {jump} in all leave nothing of where "
            f"things are in an input of {figure(network.input)}"
        )


def _exceeds(node: Node, sizes: tuple[int, ...], shortest: bool = False) -> bool:
    """Whether the node's receptive field is larger than the input on every axis."""
    return all(
        (seen.rf_min if shortest else seen.rf) > n
        for seen, n in zip(node.fields, sizes, strict=True)
    )


def _unseen(network: Network) -> Iterator[str]:
    """Input positions that no output of the features sees."""
    target = network.features_index
    everything = tuple((1 << n) - 1 for n in network.nodes[target].sizes)
    seen = reach(network.nodes, target, everything)
    parts = []
    names = AXIS_NAMES[len(network.input)]
    for axis, (mask, n) in enumerate(zip(seen, network.input, strict=True)):
        if missing := (1 << n) - 1 & ~mask:
            count = missing.bit_count()
            parts.append(f"{count} of {n} {names[axis]} ({_ranges(missing)})")
    if parts:
        yield f"input pixels never seen: {' and '.join(parts)}"


def _dropped(network: Network) -> Iterator[str]:
    """Positions that a layer's windows do not reach: beyond the last one, and between them."""
    beyond, padding, between = [], [], []
    for node in network.nodes[1:]:
        if not node.maps or node.op == "CROP":
            continue
        sizes = network.nodes[node.inputs[0]].sizes
        lost = [one.dropped(n) for one, n in zip(node.maps, sizes, strict=True)]
        over = [one.remainder(n) for one, n in zip(node.maps, sizes, strict=True)]
        row = row_name(network, node)
        if any(lost):
            beyond.append(f"{row} {figure(lost)} of {figure(sizes)}")
        elif any(over) and not any(isinstance(one, Window) and one.ceil for one in node.maps):
            padding.append(row)
        gaps = [one.stride - one.growth - 1 for one in node.maps if isinstance(one, Window)]
        if any(gap > 0 for gap in gaps):
            between.append(f"{row} {max(gaps)} after each window")
    if beyond:
        yield f"rows and columns dropped at the end, the stride does not divide: {some(beyond)}"
    if padding:
        yield f"the stride does not divide, but only padding is dropped: {some(padding)}"
    if between:
        yield f"stride over window, rows and columns skipped: {some(between)}"


def _gridding(network: Network) -> Iterator[str]:
    """Holes inside the box of one output near the middle, left by dilations."""
    dilated = any(
        isinstance(one, Window) and one.dilation > 1 for node in network.nodes for one in node.maps
    )
    if not dilated:
        return
    middle = tuple(1 << n // 2 for n in network.features.sizes)
    for axis, seen in enumerate(reach(network.nodes, network.features_index, middle)):
        span = seen.bit_length() - (seen & -seen).bit_length() + 1
        count = seen.bit_count()
        if 0 < count < span:
            yield (
                f"gridding: the middle output sees {count} of the {span} positions of its box "
                f"on axis {axis + 1}; the dilations leave holes"
            )
            if len(set(network.input)) == 1:
                return


def _branches(network: Network) -> Iterator[str]:
    """Branches whose jumps differ, or whose centres lie apart (Araujo et al. 2019)."""
    drifting, apart = [], []
    for node in network.nodes:
        sources = [network.nodes[source] for source in node.inputs]
        if len(sources) < 2 or any(node.gates) or node.after_head:
            continue
        for axis in range(len(network.input)):
            fields = [source.fields[axis] for source in sources]
            jumps = {field.jump for field in fields}
            centres = {field.mean_centre for field in fields}
            if len(jumps) > 1:
                drifting.append(f"{row_name(network, node)} {listed(jumps)}")
                break
            if len(centres) > 1 and not _is_causal(fields):
                distance = max(centres) - min(centres)
                apart.append(f"{row_name(network, node)} {float(distance):g}")
                break
    if drifting:
        yield f"branches with different jumps meet, so they drift apart: {some(drifting)}"
    if apart:
        yield f"branches not aligned, pixels between their centres: {some(apart)}"


def _patches(network: Network) -> Iterator[str]:
    """What patches compute again, of what they share."""
    runs: dict[Patches, list[Node]] = {}
    for node in network.nodes:
        if node.patches:
            runs.setdefault(node.patches, []).append(node)
    for patches, nodes in runs.items():
        ends = [row_name(network, node) for node in (nodes[0], nodes[-1])]
        rows = f"rows {ends[0]} to {ends[1]} run" if len(nodes) > 1 else f"row {ends[0]} runs"
        more = patches.macs - patches.whole_macs
        yield (
            f"{rows} in {'×'.join(map(str, patches.counts))} patches: {patches.macs:,} MACs, of "
            f"whole maps {patches.whole_macs:,} ({100 * more / max(patches.whole_macs, 1):+.1f}%)"
        )


def _is_causal(fields: list[Field]) -> bool:
    """Whether all look back only and end alike: then branches are aligned by what is newest."""
    looks = [look(field) for field in fields]
    return all(ahead <= 0 for _, ahead in looks) and len({ahead for _, ahead in looks}) == 1


def _even(network: Network) -> Iterator[str]:
    """An even RF has no middle pixel."""
    field = network.features.fields[0]
    if field.rf % 2 == 0 and field.rf:
        yield (
            f"even RF {field.rf}: no pixel is its middle, the centre of the first output is at "
            f"{network.centre}, half a pixel off"
        )


def _phases(network: Network) -> Iterator[str]:
    """After a resize or transposed convolution outputs differ in what they see."""
    field = network.features.fields[0]
    sizes = sorted(set(field.rf_of_phases))
    if len(sizes) > 1:
        phase = "" if field.listed is not None else f"'s phase (period {field.period})"
        yield f"the RF depends on the output{phase}: {sizes[0]} to {sizes[-1]}"


def _ranges(mask: int) -> str:
    """`0, 5..7`: runs of positions, the first few of them."""
    found = list(islice(runs(mask), SHOWN + 1))
    shown = [str(a) if a == b else f"{a}..{b}" for a, b in found[:SHOWN]]
    return ", ".join(shown) + (", …" if len(found) > SHOWN else "")
