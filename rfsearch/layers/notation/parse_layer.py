"""Text to one layer: `[channels] OP kernel [S] [P] [D] [G] [suffixes]`."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from rfsearch.layers.layer import OPS, POOLS, SAME, Layer, Padding, PerAxis
from rfsearch.layers.notation.cursor import Cursor

AXES_LIMIT = 3

_OP = re.compile("|".join(sorted(OPS, key=len, reverse=True)))
_WORD = re.compile("[0-9A-Za-z:]+")  # no layer goes on behind one

# What most layers are: numbers in this order, one or one an axis, all of them below any limit.
_N = "([0-9]{1,9}(?:x[0-9]{1,9}){0,2})"
_USUAL = re.compile(f"([0-9]{{1,9}})?([A-Z]+){_N}(?:S{_N})?(?:P{_N})?(?:D{_N})?(N?)")
_USUAL_OPS = {"C": True, "DW": True, "MP": False, "AP": False}  # whether it may learn

# Layers by what they are written as: stacks repeat them.
_known: dict[str, Layer] = {}
MOST_KNOWN = 1 << 14


class OpForm(NamedTuple):
    """What may be written of an op: channels before it, its number, the letters after it."""

    channels: str = "no"
    number: str = ""
    letters: str = ""
    suffixes: str = ""


FORMS = {
    "C": OpForm("may", "kernel", "SPDG", "NLB"),
    "DW": OpForm("may", "kernel", "SPD", "NLB"),
    "T": OpForm("may", "kernel", "SPDG", "NLB"),
    "MP": OpForm(number="kernel", letters="SP", suffixes="U"),
    "AP": OpForm(number="kernel", letters="SP", suffixes="U"),
    "GAP": OpForm(),
    "FC": OpForm("must", suffixes="NLB"),
    "UP": OpForm(number="factor"),
    "UPL": OpForm(number="factor"),
    "SE": OpForm(number="reduction", suffixes="B"),
    "SUB": OpForm(number="step"),
    "PAD": OpForm(number="padding"),
    "CROP": OpForm(number="crop"),
}


def parse_layer(cursor: Cursor) -> Layer:
    """The layer that comes next; UsageError at the character that does not fit."""
    word = _WORD.match(cursor.text, cursor.at)
    if word is not None and (known := _known.get(word.group())) is not None:
        cursor.at = word.end()
        return known
    layer = (word and _usual(cursor, word.group())) or _parsed(cursor)
    if word is not None and cursor.at == word.end() and len(_known) < MOST_KNOWN:
        _known[word.group()] = layer
    return layer


def _usual(cursor: Cursor, word: str) -> Layer | None:
    """The layer that a word is, if it is of the usual form; then past it."""
    found = _USUAL.fullmatch(word)
    if found is None or (learns := _USUAL_OPS.get(found[2])) is None:
        return None
    channels, _, *texts, norm = found.groups()
    width = None if channels is None else int(channels)
    kernel, stride, padding, dilation = [
        (default,) if text is None else tuple(map(int, text.split("x")))
        for text, default in zip(texts, (1, 1, 0, 1), strict=True)
    ]
    if width == 0 or 0 in kernel or 0 in stride or 0 in dilation:
        return None  # said where it is read character by character
    if not learns and (max(kernel) < 2 or width or texts[3] or norm):
        return None
    if max(kernel) == 1 and max(dilation) > 1:
        return None
    cursor.at += len(word)
    even = len(set(padding)) == 1
    sides: Padding = padding[0] if even else tuple([(one, one) for one in padding])
    return Layer(
        found[2], _one(kernel), _one(stride), sides, _one(dilation), width, 1, False, norm, not norm
    )


def _one(values: tuple[int, ...]) -> PerAxis:
    """Equal numbers on every axis are one number."""
    return values[0] if len(set(values)) == 1 else values


def _parsed(cursor: Cursor) -> Layer:
    start = cursor.at
    channels = cursor.number("channels") if cursor.at_digit() else None
    op_at = cursor.at
    found = _OP.match(cursor.text, cursor.at)
    if found is None:
        known = ", ".join(OPS)
        cursor.fail(f"a layer expected: one of {known}, or a block: (, R(, I(, A(, P2(")
    op = found.group()
    cursor.at = found.end()
    form = FORMS.get(op, OpForm())
    if channels is not None and form.channels == "no":
        cursor.fail(f"{op} has no channels of its own", start)
    if channels is None and form.channels == "must":
        cursor.fail(f"{op} needs its channels before it, like 1000{op}", op_at)
    fields = _fields(cursor, op, form)
    layer = Layer(op, channels=channels, **fields)
    _check(cursor, layer, start)
    return layer


def _fields(cursor: Cursor, op: str, form: OpForm) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if form.number in ("padding", "crop"):
        fields["padding"] = _padding(cursor, form.number)
    elif form.number:
        fields["kernel"] = per_axis(cursor, form.number)
    letters = {"S": "stride", "P": "padding", "D": "dilation", "G": "groups"}
    while not cursor.done and (letter := cursor.text[cursor.at]) in letters:
        field = letters[letter]
        if letter not in form.letters:
            cursor.fail(f"{op} has no {field}")
        if field in fields:
            cursor.fail(f"{field} given twice")
        cursor.take(letter)
        if letter == "P":
            fields[field] = _padding(cursor, field)
        elif letter == "G":
            fields[field] = cursor.number(field)
        else:
            fields[field] = per_axis(cursor, field)
    return fields | _suffixes(cursor, op, form)


def _suffixes(cursor: Cursor, op: str, form: OpForm) -> dict[str, Any]:
    """U; N or L, which take the bias away; B0 and B1, which set it."""
    found: dict[str, Any] = {}
    while not cursor.done and (letter := cursor.text[cursor.at]) in "UNLB":
        if letter not in form.suffixes:
            cursor.fail(f"{op} takes no suffix {letter}")
        field = {"U": "ceil", "B": "bias"}.get(letter, "norm")
        if field in found and not (field == "bias" and cursor.text[cursor.at - 1] in "NL"):
            cursor.fail(f"suffix {letter}: given twice, or both norms")
        cursor.take(letter)
        if letter == "U":
            found["ceil"] = True
        elif letter == "B":
            if cursor.done or cursor.text[cursor.at] not in "01":
                cursor.fail("B0 (no bias) or B1 (a bias beside the norm) expected")
            found["bias"] = cursor.take("1") or not cursor.take("0")
        else:
            found["norm"] = letter
            found["bias"] = False
    return found


def per_axis(cursor: Cursor, what: str) -> PerAxis:
    """`3`, or one number an axis: `3x7`. Equal numbers on every axis are one number."""
    values = [cursor.number(what)]
    while cursor.take("x"):
        values.append(cursor.number(what))
        if len(values) > AXES_LIMIT:
            cursor.fail(f"{what}: more than {AXES_LIMIT} axes", cursor.at - 1)
    return _one(tuple(values))


def _padding(cursor: Cursor, what: str) -> Padding:
    """`1`, `1x3`, `1:0` (before:after), or `s` (same)."""
    if what == "padding" and cursor.take("s"):
        return SAME
    pairs = [_sides(cursor, what)]
    while cursor.take("x"):
        pairs.append(_sides(cursor, what))
        if len(pairs) > AXES_LIMIT:
            cursor.fail(f"{what}: more than {AXES_LIMIT} axes", cursor.at - 1)
    if len(set(pairs)) > 1:
        return tuple(pairs)
    before, after = pairs[0]
    return before if before == after else (pairs[0],)


def _sides(cursor: Cursor, what: str) -> tuple[int, int]:
    before = cursor.number(what, least=0)
    return before, cursor.number(what, least=0) if cursor.take(":") else before


def _check(cursor: Cursor, layer: Layer, start: int) -> None:
    """The rules of layers (docs/notation.md) that need no input."""
    kernels = layer.kernel if isinstance(layer.kernel, tuple) else (layer.kernel,)
    if layer.op in POOLS and max(kernels) < 2:
        cursor.fail(f"{layer.op}: a pool's kernel is ≥ 2 (SUB2 takes every second pixel)", start)
    if max(kernels) == 1 and layer.dilation != 1:
        cursor.fail("a kernel of 1 has dilation 1", start)
