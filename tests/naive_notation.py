"""A slow, obvious oracle of the notation: layers and blocks, read, written and put in order.

It imports nothing of the package and knows what a staged space may hold: convolutions, pools,
gates, transposed convolutions, resizes, heads, the blocks R( ), I( ), ( | ), ( + ) and ( * ), and
what is put aside with A( ) until SUM.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

OPS = ("C", "DW", "MP", "AP", "GAP", "FC", "T", "UP", "UPL", "SE", "SUM")
JOINS = ("R", "I", "|", "+", "*", "A")
ONE_LAYER = re.compile(
    r"(?P<channels>\d+)?(?P<op>SUM|GAP|FC|DW|MP|AP|SE|UPL|UP|T|C)(?P<kernel>[\dx]+)?(?:S(?P<stride>[\dx]+))?"
    r"(?:P(?P<padding>s|[\dx:]+))?(?:D(?P<dilation>[\dx]+))?(?:G(?P<groups>\d+))?"
    r"(?P<norm>N?)(?P<bias>B[01])?(?P<ceil>U?)"
)


class UnfitError(Exception):
    """The layers do not fit together, or no output is left."""


# Layers, blocks and their notation


def agreed(values):
    """One value where all axes have the same, else one an axis."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def spread(value, axes):
    """One value an axis."""
    return value if isinstance(value, tuple) else (value,) * axes


def numbers(text):
    """`3` or `3x1` as 3 or (3, 1); a whole number as it is."""
    return text if isinstance(text, int) else agreed([int(part) for part in text.split("x")])


def padded(pairs):
    """(before, after) of every axis in the shortest form: a number, a pair for all, or pairs."""
    if len(set(pairs)) > 1:
        return tuple(pairs)
    return pairs[0][0] if pairs[0][0] == pairs[0][1] else (pairs[0],)


def read_padding(text):
    if text == "s":
        return "same"
    return padded(
        [(int(a), int(b or a)) for a, _, b in (p.partition(":") for p in text.split("x"))]
    )


@dataclass(frozen=True)
class Layer:
    """One layer. `kernel` is the reduction of SE; `channels` None keeps those of the input."""

    op: str
    kernel: object = 1
    stride: object = 1
    padding: object = 0
    dilation: object = 1
    channels: int | None = None
    groups: int = 1
    ceil: bool = False
    norm: bool = False
    bias: bool = True

    def order(self):
        """Where the layer stands in the order of stacks."""
        same = self.padding == "same"
        pad = self.padding if isinstance(self.padding, tuple) else ((self.padding,) * 2,)
        return (
            OPS.index(self.op),
            spread(self.kernel, 1),
            spread(self.stride, 1),
            (1, ()) if same else (0, pad),
            spread(self.dilation, 1),
            self.channels or -1,
            self.groups,
            self.ceil,
            self.norm,
            not self.bias,
        )

    def text(self):
        """Its notation, defaults left out."""

        def number(value):
            return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)

        def sides(pad):
            if pad == "same":
                return "s"
            pairs = pad if isinstance(pad, tuple) else ((pad, pad),)
            return "x".join(str(a) if a == b else f"{a}:{b}" for a, b in pairs)

        bias = "" if self.bias != self.norm else ("B1" if self.bias else "B0")
        return "".join(
            [
                number(self.channels) if self.channels else "",
                self.op,
                "" if self.op in ("GAP", "FC", "SUM") else number(self.kernel),
                f"S{number(self.stride)}" if self.stride != 1 else "",
                f"P{sides(self.padding)}" if self.padding != 0 else "",
                f"D{number(self.dilation)}" if self.dilation != 1 else "",
                f"G{self.groups}" if self.groups != 1 else "",
                "N" if self.norm else "",
                bias,
                "U" if self.ceil else "",
            ]
        )


@dataclass(frozen=True)
class Block:
    """`join` is one of JOINS; R, I and A have one branch, and a branch of no items is ID."""

    join: str
    branches: tuple

    def order(self):
        return (100 + JOINS.index(self.join), tuple(order(branch) for branch in self.branches))

    def text(self):
        branches = [write(branch) or "ID" for branch in self.branches]
        if self.join in "RIA":
            return f"{self.join}({branches[0]})"
        return f"({self.join.join(branches)})"


def order(items):
    """Key of the order of stacks: item by item, a prefix first."""
    return tuple(item.order() for item in items)


def write(items):
    return "-".join(item.text() for item in items)


@cache
def read(text):
    """The items of a notation; only what `write` writes and repeated brackets are known."""
    if not text:
        return ()
    items, at = _read_items(text, 0)
    assert at == len(text), text[at:]
    return items


def _read_items(text, at):
    items = []
    while True:
        if text.startswith("ID", at):
            at += 2
        elif text.startswith(("R(", "I(", "A(", "("), at):
            found, at = _read_bracket(text, at)
            items += found
        else:
            match = ONE_LAYER.match(text, at)
            items.append(_layer(**match.groupdict()))
            at = match.end()
        if text[at : at + 1] != "-":
            return tuple(items), at
        at += 1


def _read_bracket(text, at):
    join = text[at] if text[at] in "RIA" else ""
    at = text.index("(", at)
    branches, signs = [], set()
    while text[at] != ")":
        signs.add(text[at])
        branch, at = _read_items(text, at + 1)
        branches.append(branch)
    at += 1
    if len(branches) > 1:
        (join,) = signs - {"("}
    if join:
        return [Block(join, tuple(branches))], at
    times = re.compile(r"x(\d+)").match(text, at)
    return list(branches[0]) * int(times[1] if times else 1), times.end() if times else at


def _layer(channels, op, kernel, stride, padding, dilation, groups, norm, bias, ceil):
    return Layer(
        op,
        kernel=numbers(kernel or 1),
        stride=numbers(stride or 1),
        padding=read_padding(padding or "0"),
        dilation=numbers(dilation or 1),
        channels=int(channels) if channels else None,
        groups=int(groups or 1),
        ceil=bool(ceil),
        norm=bool(norm),
        bias=bias == "B1" if bias else not norm,
    )


def layers_of(items):
    """Every layer, those inside blocks included."""
    for item in items:
        if isinstance(item, Layer):
            yield item
        else:
            for branch in item.branches:
                yield from layers_of(branch)


def changed(items, change):
    """The same items with every layer changed."""
    return tuple(
        change(item)
        if isinstance(item, Layer)
        else Block(item.join, tuple(changed(branch, change) for branch in item.branches))
        for item in items
    )


# Widths and strides, which need no sizes


def width_after(items, width):
    """Channels after the items; UnfitError where groups, a gate or a sum do not fit."""
    aside = 0
    for item in items:
        if item in (Layer("SUM"), Layer("GAP")):
            width = width if item.op == "GAP" else aside
        elif isinstance(item, Block) and item.join == "A":
            aside = width_after(item.branches[0], width)
        elif isinstance(item, Block):
            widths = [width_after(branch, width) for branch in item.branches]
            if item.join in "+*" and len(set(widths)) > 1:
                raise UnfitError
            width = sum(widths) if item.join == "|" else widths[0]
        elif item.op == "SE":
            if width < item.kernel:
                raise UnfitError
        else:
            after = item.channels or width
            groups = width if item.op == "DW" else item.groups
            if width % groups or after % groups:
                raise UnfitError
            width = after
    return width
