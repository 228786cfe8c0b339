"""One node of a described network as a layer of the notation."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from rfsearch.layers.layer import SAME, Layer, Padding, PerAxis
from rfsearch.network.axis import ZEROS, Resize, Transposed, Whole, Window
from rfsearch.network.node import NORM, Node


class Unsaid(Exception):
    """Which row the notation has no words for, and why."""


def said_layers(nodes: list[Node], number: int) -> tuple[Layer, ...]:
    """The layer that a node with one input is, and the scale that shares its row."""
    node = nodes[number]
    layer = _said_layer(nodes, number)
    return (layer, Layer("SCALE")) if node.learns and _is_scaled(node) else (layer,)


def _is_scaled(node: Node) -> bool:
    """Whether what it learns beside its weights is a factor for each channel."""
    return node.norm == "SCALE" and node.norm_params == node.channels


def _said_layer(nodes: list[Node], number: int) -> Layer:
    node = nodes[number]
    before = nodes[node.inputs[0]]
    made = None
    if not node.kind:
        made = _norm(node) if node.op == NORM else _layer(node, before)
    if made is None:
        raise Unsaid(f"row {number} ({node.name}): the notation has no words for {_what(node)}")
    return made


def _what(node: Node) -> str:
    return node.kind or {"SLICE": "a part of the channels"}.get(node.op, node.op)


def _norm(node: Node) -> Layer | None:
    """A norm or scale with a row of its own."""
    op = {"N": "BN", "L": "LN", "SCALE": "SCALE"}.get(node.norm)
    values = node.channels if op == "SCALE" else 2 * node.channels
    return Layer(op) if op and not node.maps and node.params == values else None


def _layer(node: Node, before: Node) -> Layer | None:
    maps = node.maps
    if node.op in ("GAP", "FC"):
        if not all(isinstance(one, Whole) for one in maps):
            return None
        return Layer("GAP") if node.op == "GAP" else _learned(node, before, 1, Layer("FC"))
    if node.op in ("UP",) and maps:
        return _resize(node)
    if all(isinstance(one, Transposed) for one in maps) and node.op == "T":
        return _transposed(node, before)
    windows = [one for one in maps if isinstance(one, Window)]
    if not windows or len(windows) != len(maps):
        return None
    same = {one.same for one in windows}
    if any(one.edge != ZEROS for one in windows) or same not in ({""}, {"upper"}):
        return None
    if node.op in ("PAD", "CROP", "SUB"):
        return _border(node.op, windows)
    if node.op not in ("C", "DW", "MP", "AP"):
        return None
    shape = Layer(
        node.op,
        _agreed([one.kernel for one in windows]),
        _agreed([one.stride for one in windows]),
        SAME if same == {"upper"} else _padding([(one.before, one.after) for one in windows]),
        _agreed([one.dilation for one in windows]),
        ceil=windows[0].ceil,
    )
    if node.op in ("MP", "AP"):
        return shape if len({one.ceil for one in windows}) == 1 else None
    return _learned(node, before, prod(one.kernel for one in windows), shape)


def _resize(node: Node) -> Layer | None:
    factors, kinds = [], set()
    for one in node.maps:
        if not isinstance(one, Resize) or one.target or one.scale.denominator > 1:
            return None
        factors.append(one.scale.numerator)
        kinds.add((one.mode, one.place))
    if any(factor < 2 for factor in factors) and len(set(factors)) == 1:
        return None
    op = {("nearest", "asymmetric"): "UP", ("linear", "half_pixel"): "UPL"}.get(kinds.pop())
    return Layer(op, _agreed(factors)) if op and not kinds else None


def _transposed(node: Node, before: Node) -> Layer | None:
    windows = [one for one in node.maps if isinstance(one, Transposed)]
    # Positions that are appended are positions that are not cut off.
    sides = [(one.before, one.after - one.extra) for one in windows]
    if any(side < 0 for pair in sides for side in pair):
        return None
    shape = Layer(
        "T",
        _agreed([one.kernel for one in windows]),
        _agreed([one.stride for one in windows]),
        _padding(sides),
        _agreed([one.dilation for one in windows]),
    )
    return _learned(node, before, prod(one.kernel for one in windows), shape)


def _learned(node: Node, before: Node, taps: int, shape: Layer) -> Layer | None:
    """The layer with its channels, groups, norm and bias."""
    if node.norm_params and node.norm not in ("N", "L") and not _is_scaled(node):
        return None
    dense = (before if node.op == "T" else node).volume * taps * before.channels * node.channels
    if node.op == "FC":
        dense *= before.volume
    groups = Fraction(dense, node.macs) if node.macs else Fraction(0)
    if groups.denominator > 1 or not groups:
        return None
    depthwise = node.op == "DW"
    own = before.channels if depthwise else 1
    return Layer(
        shape.op,
        shape.kernel,
        shape.stride,
        shape.padding,
        shape.dilation,
        channels=None if depthwise and node.channels == own else node.channels,
        groups=1 if depthwise else int(groups),
        norm="" if _is_scaled(node) else node.norm,
        bias=node.bias,
    )


def _border(op: str, windows: list[Window]) -> Layer | None:
    sign = 1 if op == "PAD" else -1
    sides = [(sign * one.before, sign * one.after) for one in windows]
    if any(side < 0 for pair in sides for side in pair) or any(one.kernel > 1 for one in windows):
        return None
    strides = [one.stride for one in windows]
    if any(stride > 1 for stride in strides):
        # Every so many positions from the first on; the last need not be a whole step away.
        begins = all(one.before == 0 for one in windows)
        return Layer("SUB", _agreed(strides)) if begins else None
    return Layer(op, padding=_padding(sides))


def _agreed(numbers: list[int]) -> PerAxis:
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def _padding(sides: list[tuple[int, int]]) -> Padding:
    """One number where all sides agree, one pair where all axes do."""
    if len(set(sides)) > 1:
        return tuple(sides)
    before, after = sides[0]
    return before if before == after else ((before, after),)
