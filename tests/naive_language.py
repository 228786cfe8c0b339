"""A slow, obvious oracle of the language of a staged space: every stack that its stages spell.

It imports nothing of the package. The tables are those of the Python interface. Every sequence of
places is written out first (each repetition of each stage and slot a place of its own), then
filled with every choice in turn; sizes are not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import product

import naive_notation as notation
from naive_notation import Layer, UnfitError, agreed, numbers, padded, spread

LETTERS = {"conv": "C", "depthwise": "DW", "maxpool": "MP", "avgpool": "AP"}
LETTERS |= {"transposed": "T", "upsample": "UP", "upsample_linear": "UPL"}
SLOT_KEYS = ("block", "op", "repeat", "uniform")


class TooManyError(Exception):
    """More ways to fill the places than the listing was allowed."""


@dataclass(frozen=True)
class Space:
    """What may be built; fields as in the Python interface."""

    stages: tuple
    block: dict = field(default_factory=dict)
    stem: str = ""
    head: str = ""
    axes: int = 2
    input_channels: int = 3
    never_falls: tuple = ()
    never_grows: tuple = ()
    bias: bool = True
    norm: str = "none"
    allow_gaps: bool = False
    allow_holes: bool = False
    allow_wide_padding: bool = False


# The choices of one slot


@dataclass(frozen=True)
class Choice:
    """Items to append, and the properties that `uniform` and `never_…` look at."""

    items: tuple
    properties: tuple  # of (name, value)


def listed(value):
    """One value or several, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def widths(rule, width):
    """The whole numbers that a rule of channels, or of a hole, stands for."""
    for value in listed(rule):
        if value == "keep":
            yield width
        elif isinstance(value, str) and value.startswith("x"):
            whole, _, part = value[1:].partition(".")
            times, over = int(whole + part), 10 ** len(part)
            if width * times % over == 0:
                yield width * times // over
        elif isinstance(value, str) and ".." in value:
            low, high, step = re.fullmatch(r"(\d+)\.\.(\d+)(?::(\d+))?", value).groups()
            yield from range(int(low), int(high) + 1, int(step or 1))
        else:
            yield numbers(value)


def paddings(slot, kernel, dilation, space):
    """The paddings of one window, in their shortest form."""
    kernels, dilations = spread(kernel, space.axes), spread(dilation, space.axes)
    growth = [d * (k - 1) for d, k in zip(dilations, kernels, strict=True)]
    limits = [(grown + 1) // 2 for grown in growth]
    for word in listed(slot.get("padding", "half")):
        if word == "same":
            yield "same"
        elif word == "half":
            yield padded([(grown // 2, grown // 2) for grown in growth])
        elif word == "causal":
            yield padded([(growth[0], 0), *((grown // 2,) * 2 for grown in growth[1:])])
        elif word == "any":
            yield from range(min(limits) + 1)
        else:
            sides = spread(0 if word == "valid" else numbers(word), space.axes)
            wide = any(side > limit for side, limit in zip(sides, limits, strict=True))
            if space.allow_wide_padding or not wide:
                yield padded([(side, side) for side in sides])


def has_gap(layer, axes):
    """Whether a window leaves out pixels between one position and the next."""
    if layer.op not in ("C", "DW", "MP", "AP"):
        return False
    numbers_of = (spread(one, axes) for one in (layer.kernel, layer.stride, layer.dilation))
    return any(s > d * (k - 1) + 1 for k, s, d in zip(*numbers_of, strict=True))


def sees_nothing(layer, axes):
    """Whether some output of a transposed convolution is reached by no tap of any input."""
    numbers_of = (spread(one, axes) for one in (layer.kernel, layer.stride, layer.dilation))
    return any(
        {tap * d % s for tap in range(k)} != set(range(s))
        for k, s, d in zip(*numbers_of, strict=True)
    )


def layer_choices(space, slot, width, rounding):
    """Every layer that an op slot allows after `width` channels."""
    ops = listed(slot.get("op", "conv"))
    for op, kernel, stride, dilation in product(
        ops, *(listed(slot.get(name, one)) for name, one in _WINDOW)
    ):
        kernel, stride, dilation = numbers(kernel), numbers(stride), numbers(dilation)
        if op.startswith("upsample"):
            if stride != 1:
                yield Choice((Layer(LETTERS[op], stride),), (("op", op), ("stride", stride)))
            continue
        pool = op in ("maxpool", "avgpool")
        if pool and kernel == 1:
            continue
        if pool or kernel == 1:
            dilation = 1
        for padding in paddings(slot, kernel, dilation, space):
            window = Layer(LETTERS[op], kernel, stride, padding, dilation)
            if op == "transposed" and (padding == "same" or sees_nothing(window, space.axes)):
                continue
            if has_gap(window, space.axes) and not space.allow_gaps:
                continue
            properties = {"op": op, "kernel": kernel, "stride": stride, "padding": padding}
            if pool:
                layer = replace(window, ceil=rounding == "ceil")
                yield Choice((layer,), tuple(properties.items()))
                continue
            properties["dilation"] = dilation
            norm = space.norm == "batch"
            window = replace(window, norm=norm, bias=space.bias and not norm)
            if op == "depthwise":
                yield Choice((window,), tuple(properties.items()))
                continue
            for groups in listed(slot.get("groups", 1)):
                for channels in widths(slot.get("channels", "keep"), width):
                    if width % groups or channels % groups:
                        continue
                    layer = replace(window, channels=channels, groups=groups)
                    more = {"groups": groups, "channels": channels}
                    yield Choice((layer,), tuple((properties | more).items()))


_WINDOW = (("kernel", 3), ("stride", 1), ("dilation", 1))


def filled(template, values, width, axes):
    """The template's text with every `{expression}` worked out, axis by axis."""

    def worked_out(match):
        expression = re.sub(r"\bin\b", "in_", match[1])
        results = []
        for axis in range(axes):
            names = {name: spread(value, axes)[axis] for name, value in values.items()}
            results.append(eval(expression, {"__builtins__": {}}, {**names, "in_": width}))
        shown = agreed(results)
        return "x".join(map(str, shown)) if isinstance(shown, tuple) else str(shown)

    return re.sub(r"\{([^}]*)\}", worked_out, template)


def block_choices(space, slot, width, rounding):
    """Every way to fill the templates of a block slot after `width` channels."""
    for name in listed(slot["block"]):
        table = {**space.block[name], **{k: v for k, v in slot.items() if k not in SLOT_KEYS}}
        for text, named in fillings(table, width, space.axes):
            items = notation.read(text)
            if rounding == "ceil":
                items = notation.changed(items, _with_ceil)
            gaps = any(has_gap(layer, space.axes) for layer in notation.layers_of(items))
            if gaps and not space.allow_gaps:
                continue
            ups = [layer for layer in notation.layers_of(items) if layer.op == "T"]
            if any(sees_nothing(layer, space.axes) for layer in ups):
                continue
            try:
                after = notation.width_after(items, width)
            except UnfitError:
                continue
            yield Choice(items, (*named.items(), ("channels", after)))


def fillings(table, width, axes):
    """(text, values of the holes) of every alternative, those that hold themselves written out."""
    holes = [hole for hole in table if hole not in ("stack", "bottom", "levels", "each")]
    own = listed(table.get("each", ()))
    shared = [hole for hole in holes if hole not in own]
    bottoms = listed(table.get("bottom", ""))
    depths = repeats({"repeat": table["levels"]}) if "levels" in table else [1]
    for template, bottom, depth in product(listed(table["stack"]), bottoms, depths):
        texts = [template] * depth + [bottom]
        for values in product(*(_values(table[hole], width) for hole in shared)):
            named = dict(zip(shared, values, strict=True))
            each = [list(_values(table[hole], width)) for hole in own]
            for at_levels in product(list(product(*each)), repeat=len(texts)):
                whole = "#"
                for level, text in enumerate(texts):
                    here = named | dict(zip(own, at_levels[level], strict=True))
                    if "levels" in table:
                        here = {k: _at_level(value, level) for k, value in here.items()}
                    text = filled(text.replace("{deeper}", "#"), here, width, axes)
                    whole = whole.replace("#", text)
                yield whole, named


def _values(rule, width):
    """The values of a hole; those of a rule come level by level."""
    ruled = isinstance(rule, str) and rule.startswith(("double:", "cycle:"))
    return [rule] if ruled else list(widths(rule, width))


def _at_level(value, level):
    return int(_value_at(value, level)) if isinstance(value, str) else value


def _with_ceil(layer):
    return replace(layer, ceil=True) if layer.op in ("MP", "AP") else layer


# The language: places, filled with choices


@dataclass(frozen=True)
class Place:
    """Where one choice is made; `same` are (group, names that must not change within it)."""

    slot: dict
    same: tuple


def repeats(table):
    """How often a slot or stage may be repeated."""
    times = table.get("repeat", 1)
    if isinstance(times, int):
        return [times]
    low, high = times.split("..") if isinstance(times, str) else times
    return range(int(low), int(high) + 1)


def turned(slot, turn):
    """The slot with the value of the n-th turn, from 0, as the one choice where a rule says it."""
    return {
        key: [_value_at(rule, turn)] if isinstance(rule, str) and ":" in rule else rule
        for key, rule in slot.items()
    }


def _value_at(rule, turn):
    """`double:1:8` is 1, 2, 4, 8, 8, …; `cycle:1,2,5` is 1, 2, 5, 1, …; other text is as it is."""
    if rule.startswith("cycle:double:"):
        first, cap = map(int, rule.split(":")[2:])
        values = [first]
        while values[-1] != cap:
            values.append(min(values[-1] * 2, cap))
        return values[turn % len(values)]
    if rule.startswith("cycle:"):
        values = rule[6:].split(",")
        return values[turn % len(values)]
    if rule.startswith("double:"):
        first, cap = map(int, rule.split(":")[1:])
        return min(first * 2**turn, cap)
    return rule


def repetitions_of_stage(number, stage):
    """Every sequence of places that one stage may become."""
    slots = listed(stage.get("slot", stage))
    outer = stage if "slot" in stage else {}
    for times in repeats(outer):
        for counts in product(*(repeats(slot) for slot in slots * times)):
            places = []
            for visit, (slot, count) in enumerate(zip(slots * times, counts, strict=True)):
                same = (
                    ((number,), tuple(listed(outer.get("uniform", ())))),
                    ((number, visit), tuple(listed(slot.get("uniform", ())))),
                )
                # The turn is that of the slot's own repeats, or else of the stage's rounds.
                often = max(repeats(slot)) > 1
                for repeat in range(count):
                    turn = repeat if often else visit // len(slots)
                    places.append(Place(turned(slot, turn), same))
            yield places


def sequences(space):
    """Every sequence of places of the whole body."""
    stages = [repetitions_of_stage(*numbered) for numbered in enumerate(space.stages)]
    for parts in product(*stages):
        yield [place for part in parts for place in part]


def language(space, rounding, most):
    """Every body once, in the order of stacks; TooManyError beyond `most` ways to fill places."""
    stem = notation.read(space.stem)
    start = notation.width_after(stem, space.input_channels)
    found, ways, made = set(), 0, {}

    def choices(slot, width):
        key = (repr(slot), width)
        if key not in made:
            make = block_choices if "block" in slot else layer_choices
            made[key] = list(make(space, slot, width, rounding))
        return made[key]

    def fill(places, items, width, kept, last):
        nonlocal ways
        if not places:
            ways += 1
            if ways > most:
                raise TooManyError
            if items or stem:
                found.add(items)
            return
        here, *rest = places
        for choice in choices(here.slot, width):
            properties = dict(choice.properties)
            now = {
                (group, name): properties[name]
                for group, names in here.same
                for name in names
                if name in properties
            }
            if any(kept.get(key, value) != value for key, value in now.items()):
                continue
            if not _in_line(space, last, properties):
                continue
            after = notation.width_after(choice.items, width)
            fill(rest, items + choice.items, after, kept | now, last | properties)

    for places in sequences(space):
        fill(places, (), start, {}, {})
    return sorted(found, key=notation.order)


def _in_line(space, last, properties):
    """Whether nothing falls that never may, and nothing grows."""
    for names, sign in ((space.never_falls, 1), (space.never_grows, -1)):
        for name in set(names) & set(last) & set(properties):
            before, now = spread(last[name], space.axes), spread(properties[name], space.axes)
            if any(sign * a > sign * b for a, b in zip(before, now, strict=True)):
                return False
    return True
