"""A slow, obvious oracle of neighbourhoods: every network within so many changes, one by one.

It imports nothing of the package. Mine is walked through from left to right; at every gap each
layer and block that may be added is added, every layer of mine is kept, changed to each layer that
may stand there, or left out, and every block is kept with each variant of its branches or left
out. A network met several times has the fewest changes of them. Sizes are looked at afterwards,
by naive_stages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import naive_language
import naive_notation as notation
from naive_notation import Block, Layer, UnfitError, spread

LETTERS = {"conv": "C", "depthwise": "DW", "maxpool": "MP", "avgpool": "AP"}
NAMES = {letter: name for name, letter in LETTERS.items()}
PLAIN = {
    "op": ["conv"],
    "kernel": [1, 2, 3, 5, 7, 11],
    "stride": [1, 2, 3, 4],
    "padding": ["any"],
    "dilation": [1],
    "groups": [1],
}
SLOT = {
    "op": ["conv"],
    "kernel": [3],
    "stride": [1],
    "padding": ["half"],
    "dilation": [1],
    "groups": [1],
    "channels": "keep",
}


class TooManyError(Exception):
    """More networks than the listing was allowed."""


@dataclass(frozen=True)
class Neighbourhood:
    """Mine (without its head), what it may be changed with, and how often.

    slots    tables of layers, all keys given; `channels` is left out where nothing was said
    blocks   tables of a block each: its stack and holes
    staged   whether the slots are a file's: then no width of mine follows from a rule
    dress    norm and bias of added convolutions, where they were said
    """

    mine: tuple
    changes: int
    slots: tuple
    blocks: tuple = ()
    held: int = 0
    axes: int = 2
    input_channels: int = 3
    rounding: str = "floor"
    staged: bool = False
    dress: tuple | None = None
    allow_gaps: bool = False
    allow_wide_padding: bool = False
    most: int = 50_000


def changeable(item):
    return isinstance(item, Layer) and item.op in ("C", "DW", "MP", "AP")


def count(items):
    """Layers that can change."""
    return sum(map(changeable, notation.layers_of(items)))


def written_out(items, width):
    """Every convolution with its width; a depthwise one without, where it keeps what comes in."""
    found = []
    for item in items:
        if isinstance(item, Block):
            item = Block(item.join, tuple(written_out(one, width) for one in item.branches))
        elif item.op == "C":
            item = replace(item, channels=item.channels or width)
        elif item.op == "DW" and item.channels == width:
            item = replace(item, channels=None)
        width = notation.width_after((item,), width)
        found.append(item)
    return tuple(found)


def neighbours(near):
    """{network: the fewest changes that lead to it}, an empty one left out."""
    mine = written_out(near.mine, near.input_channels)
    mine = _annotated(near, mine)
    found = {}
    for items, _, _, left in _variants(near, mine, near.input_channels, False, near.changes, True):
        if not count(items):
            continue
        cost = near.changes - left
        items = spelled(items, near.axes)
        found[items] = min(cost, found.get(items, cost))
        if len(found) > near.most:
            raise TooManyError
    return found


def spelled(items, axes):
    """One spelling of what is one function: SAME at stride 1 as half of what the window adds."""
    found = []
    for item in items:
        if isinstance(item, Block):
            found.append(Block(item.join, tuple(spelled(one, axes) for one in item.branches)))
            continue
        if item.op in ("C", "DW", "MP") and item.padding == "same":
            kernels, dilations = spread(item.kernel, axes), spread(item.dilation, axes)
            adds = [d * (k - 1) for k, d in zip(kernels, dilations, strict=True)]
            if set(spread(item.stride, axes)) == {1} and not any(one % 2 for one in adds):
                halves = [one // 2 for one in adds]
                one = len(set(halves)) == 1
                item = replace(item, padding=halves[0] if one else tuple((h, h) for h in halves))
        found.append(item)
    return tuple(found)


# Mine, with what is near each gap


@dataclass(frozen=True)
class Branch:
    """Parts in order; `dresses` are norm and bias of what is added before each and at the end."""

    parts: tuple
    dresses: tuple


@dataclass(frozen=True)
class Part:
    """An item of mine; a block's branches as Branch. `follows`: its width is the rule's."""

    item: object
    branches: tuple = ()
    follows: bool = False


def _annotated(near, mine):
    convolutions = [one for one in notation.layers_of(mine) if one.op in ("C", "DW")]
    last = (convolutions[0].norm, convolutions[0].bias) if convolutions else (False, True)
    convolved = False

    def annotate(items, width):
        nonlocal last, convolved
        parts, dresses = [], []
        for item in items:
            dresses.append(last)
            if isinstance(item, Block):
                branches = tuple(annotate(branch, width) for branch in item.branches)
                parts.append(Part(item, branches))
            else:
                parts.append(Part(item, follows=_follows(near, item, width, convolved)))
                if item.op in ("C", "DW"):
                    last = (item.norm, item.bias)
                convolved = convolved or item.op == "C"
            width = notation.width_after((item,), width)
        return Branch(tuple(parts), (*dresses, last))

    return annotate(mine, near.input_channels)


def _follows(near, item, width, convolved):
    return item.op == "C" and by_rule(near, item, width, convolved) == item.channels


def by_rule(near, layer, width, convolved):
    """The one width that was said for such a layer; None where there are several, or none."""
    rule = near.slots[0].get("channels")
    if near.staged or rule is None:
        return None
    some = list(widths(rule, width, max(spread(layer.stride, 1)) > 1, convolved))
    return some[0] if len(set(some)) == 1 else None


def widths(rule, width, strided, convolved):
    if isinstance(rule, str) and rule.startswith("double"):
        first, cap = map(int, rule.split(":")[1:])
        if not convolved:
            return [first]
        return [min(2 * width, cap) if strided else width]
    return list(naive_language.widths(rule, width))


# The choices at one place


def drawn(near, slot, width, convolved):
    """Every layer of a slot's choices; `channels` may be missing, then as a plain space has it."""
    ones = (naive_language.listed(slot[name]) for name in ("op", "kernel", "stride", "dilation"))
    for op, kernel, stride, dilation in product(*ones):
        pool = op in ("maxpool", "avgpool")
        if pool and max(spread(kernel, near.axes)) < 2:
            continue
        if pool or max(spread(kernel, near.axes)) == 1:
            dilation = 1
        for padding in naive_language.paddings(slot, kernel, dilation, near):
            layer = Layer(LETTERS[op], kernel, stride, padding, dilation)
            if naive_language.has_gap(layer, near.axes) and not near.allow_gaps:
                continue
            if pool:
                yield replace(layer, ceil=near.rounding == "ceil")
            elif op == "depthwise":
                yield layer
            else:
                rule = slot.get("channels", "double:64:512")
                strided = max(spread(stride, near.axes)) > 1
                for groups in naive_language.listed(slot["groups"]):
                    for channels in widths(rule, width, strided, convolved):
                        if width % groups == 0 and channels % groups == 0:
                            yield replace(layer, channels=channels, groups=groups)


def added(near, dress, width, convolved):
    """Every layer that may be added."""
    norm, bias = near.dress or dress
    for slot in near.slots:
        for layer in drawn(near, slot, width, convolved):
            learns = layer.op in ("C", "DW")
            yield replace(layer, norm=norm, bias=bias) if learns else layer


def instead(near, part, dress, width, convolved):
    """Every layer that may stand in place of one of mine."""
    mine = part.item
    for slot in near.slots:
        wide = {
            name: [*naive_language.listed(slot[name]), own]
            for name, own in (
                ("op", NAMES[mine.op]),
                ("kernel", mine.kernel),
                ("stride", mine.stride),
                ("dilation", mine.dilation),
                ("groups", mine.groups),
            )
        }
        said = "channels" in slot
        rules = []
        if mine.op != "C" or part.follows or (said and leaves_a_choice(slot["channels"])):
            rules.append(slot.get("channels", "double:64:512"))
        if mine.op == "C" and not part.follows:
            rules.append([mine.channels])
        for rule in rules:
            one = {**wide, "padding": slot["padding"], "channels": rule}
            for layer in (
                *drawn(near, one, width, convolved),
                *kept(near, one, mine, width, convolved),
            ):
                yield _like(near, layer, mine, dress)


def leaves_a_choice(rule):
    """Whether a changed convolution may take such widths: not one that follows from a rule."""
    some = naive_language.listed(rule)
    return len(some) > 1 or not str(some[0]).startswith(("keep", "x", "double"))


def kept(near, slot, mine, width, convolved):
    """The slot's layers with the padding of mine, as far as that is not too wide for them."""
    for layer in drawn(near, {**slot, "padding": [0]}, width, convolved):
        layer = replace(layer, padding=mine.padding)
        if _may_keep_padding(near, layer):
            yield layer


def _may_keep_padding(near, layer):
    """Not more in all than twice what a search pads on one side, unless that is allowed."""
    if layer.padding == "same" or near.allow_wide_padding:
        return True
    pairs = layer.padding if isinstance(layer.padding, tuple) else ((layer.padding,) * 2,)
    pairs = pairs * near.axes if len(pairs) == 1 else pairs
    kernels, dilations = spread(layer.kernel, near.axes), spread(layer.dilation, near.axes)
    return all(
        sum(pair) <= 2 * ((d * (k - 1) + 1) // 2)
        if pair[0] == pair[1]
        else sum(pair) <= d * (k - 1) + 1
        for pair, k, d in zip(pairs, kernels, dilations, strict=True)
    )


def _like(near, layer, mine, dress):
    """What of mine stays in a changed layer."""
    if layer.op in ("MP", "AP"):
        return replace(layer, ceil=mine.ceil) if mine.op in ("MP", "AP") else layer
    if mine.op in ("MP", "AP"):
        norm, bias = near.dress or dress
        return replace(layer, norm=norm, bias=bias)
    layer = replace(layer, norm=mine.norm, bias=mine.bias)
    return replace(layer, channels=mine.channels) if layer.op == mine.op == "DW" else layer


# The variants of a branch


def _variants(near, branch, width, convolved, left, top=False):
    """(items, width, convolved, changes left) of every variant of a branch."""

    def go(at, items, width, convolved, left):
        dress = branch.dresses[at]
        free = not top or at >= near.held
        if left and free:
            for layer in set(added(near, dress, width, convolved)):
                yield from onward(at, items, (layer,), width, convolved, left - 1)
            for block, cost in blocks(near, width):
                if cost <= left:
                    yield from onward(at, items, block, width, convolved, left - cost)
        if at == len(branch.parts):
            yield items, width, convolved, left
            return
        part = branch.parts[at]
        if not free:
            yield from onward(at + 1, items, (part.item,), width, convolved, left)
            return
        if isinstance(part.item, Block):
            if count((part.item,)) <= left:
                yield from go(at + 1, items, width, convolved, left - count((part.item,)))
            for block, after, still in _block(near, part, width, convolved, left):
                yield from onward(at + 1, items, (block,), width, after, still)
            return
        kept = part.item
        if part.follows:
            kept = replace(kept, channels=by_rule(near, kept, width, convolved))
        yield from onward(at + 1, items, (kept,), width, convolved, left)
        if left and changeable(part.item):
            yield from go(at + 1, items, width, convolved, left - 1)
            for layer in set(instead(near, part, dress, width, convolved)):
                yield from onward(at + 1, items, (layer,), width, convolved, left - 1)

    def onward(at, items, more, width, convolved, left):
        try:
            width = notation.width_after(more, width)
        except UnfitError:
            return
        convolved = convolved or any(one.op == "C" for one in notation.layers_of(more))
        yield from go(at, items + more, width, convolved, left)

    yield from go(0, (), width, convolved, left)


def blocks(near, width):
    """(items, changes) of every filling of the blocks that may be added."""
    for table in near.blocks:
        slot = {"block": "b"}
        space = naive_language.Space((), {"b": table}, axes=near.axes, allow_gaps=near.allow_gaps)
        for choice in naive_language.block_choices(space, slot, width, near.rounding):
            yield choice.items, count(choice.items)


def _block(near, part, width, convolved, left):
    """(block, whether a convolution came by its end, changes left) of every variant of a block."""

    def go(number, branches, convolved, left):
        if number == len(part.branches):
            block = Block(part.item.join, branches)
            if count((block,)):
                yield block, convolved, left
            return
        inner = part.branches[number]
        for items, _, after, still in _variants(near, inner, width, convolved, left):
            yield from go(number + 1, (*branches, items), after, still)

    yield from go(0, (), convolved, left)
