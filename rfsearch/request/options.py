"""Every option of a search, once: its name, how it is read, its default and its help.

The flags of the command line (`--max-macs`) and the keys of a TOML file (`max_macs`) are both
made from this table, so they cannot drift apart. What a value may be beyond its form (a kernel of
0, an input above 65,536) is the business of Space and of the query, which say so themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rfsearch.errors import UsageError
from rfsearch.layers.cost import RANKED, RF, Cost
from rfsearch.quantity import fraction, names, seconds, span, whole, wholes
from rfsearch.request.declared import read_costs

if TYPE_CHECKING:
    from fractions import Fraction

SPACE, QUESTION, BUDGET, ANSWER = "space", "question", "budgets", "answer"

FORMATS = ("table", "json", "ndjson", "csv", "parquet")
ROUNDINGS = ("exact", "floor", "ceil")
DISTINCT = ("family", "costs", "none")
FRAMEWORKS = ("torch", "keras", "onnx")


class Option(NamedTuple):
    """One option. `read(value, place)` turns what a flag or a file holds into its value.

    `default` is the value where neither says anything; a `switch` takes no value as a flag and
    true or false in a file; a `table` is a file's alone; a flag that is `repeated` may stand more
    than once. `room` says who takes it: Space, its search, or the answer.
    """

    name: str
    room: str
    read: Callable[[object, str], object]
    metavar: str
    help: str
    default: object = None
    switch: bool = False
    table: bool = False
    repeated: bool = False

    @property
    def flag(self) -> str:
        """The option as a flag: `--target-rf`."""
        return "--" + self.name.replace("_", "-")


def _switch(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{place}: {value} is not true or false")
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{place}: {value or 'nothing'} is not a text")
    return value


def _one_of(allowed: tuple[str, ...]) -> Callable[[object, str], str]:
    def read(value: object, place: str) -> str:
        if value not in allowed:
            raise UsageError(f"{place}: {value} is not one of {', '.join(allowed)}")
        return str(value)

    return read


def _at_least(least: int, most: int | None = None) -> Callable[[object, str], int]:
    return lambda value, place: whole(value, place, least, most)


def _bytes_from(least: int) -> Callable[[object, str], int]:
    return lambda value, place: whole(value, place, least, in_bytes=True)


def _input(value: object, place: str) -> object:
    """One size; several to choose from, or one number an axis, are for the query to read."""
    if isinstance(value, list) or (
        isinstance(value, str) and any(sign in value for sign in (",", "x", "..", "d:"))
    ):
        return value
    return whole(value, place)


def _target(value: object, place: str) -> object:
    """A number or a range; open, per axis or in seconds, it is for the query to read."""
    if isinstance(value, str):
        text = value.strip()
        if (
            text == "any"
            or "x" in text
            or text.endswith("s")
            or text[:2] == ".."
            or text[-2:] == ".."
        ):
            return text
    if isinstance(value, list) and any(isinstance(one, str) for one in value):
        return value
    low, high = span(value, place)
    return low if low == high else (low, high)


def _truth(value: object, place: str) -> bool:
    known = {True: True, False: False, "true": True, "false": False}
    if isinstance(value, bool | str) and value in known:
        return known[value]
    raise UsageError(f"{place}: {value} is not true or false")


def _of_names(value: object, place: str) -> tuple[str, ...]:
    return names(value, place)


# Beside numbers.
PADDING_WORDS = ("same", "valid", "half", "causal", "causal:1", "causal:2", "causal:3", "any")


def _per_axis(value: object, place: str, words: tuple[str, ...] = ()) -> list[object]:
    """Numbers, ranges and `words`; one number an axis, `3x5`, and rules are for Space to read."""
    if isinstance(value, list):
        parts = [(part, f"{place}[{i}]") for i, part in enumerate(value)]
    elif isinstance(value, str) and _RULE.match(value):
        parts = [(value, place)]
    else:
        texts = value.split(",") if isinstance(value, str) else [value]
        parts = [(part, place) for part in texts]
    found: list[object] = []
    if isinstance(value, str) and not value.strip():
        return list(wholes(value, place))
    for part, where in parts:
        word = part.strip() if isinstance(part, str) else part
        if word == "":
            whole(word, where)  # says what is wrong
        text = word if isinstance(word, str) else ""
        kept = word in words or _EACH_AXIS.match(text) or _RULE.match(text)
        found.extend([word] if kept else wholes(word, where))
    return list(dict.fromkeys(found))


_RULE = re.compile(r"\s*(double|cycle):")
_EACH_AXIS = re.compile(r"[0-9]+(x[0-9]+)+\Z")


def _padding(value: object, place: str) -> object:
    """Numbers, `valid` (none), `same`, or several of these together."""
    return _per_axis(value, place, PADDING_WORDS)


def _as_given(value: object, place: str) -> object:
    """A rule of widths: Space reads it, for Python users write it in the same forms."""
    return value


def _ranking(fewest: int, most: int) -> Callable[[object, str], tuple[str, ...]]:
    """Costs to rank by, each minimised or, with a leading `max:`, maximised.

    Whether there are such costs is checked where the declared ones are known (Request).
    """

    def read(value: object, place: str) -> tuple[str, ...]:
        ranked = names(value, place)
        if len({one.removeprefix("max:") for one in ranked}) < len(ranked):
            raise UsageError(f"{place}: {','.join(ranked)} names a cost twice")
        if not fewest <= len(ranked) <= most:
            raise UsageError(f"{place}: {','.join(ranked)} is not {fewest} to {most} costs")
        return ranked

    return read


MOST_RANKED = 16

# The costs of a list of their own, as `rfsearch reach --least` takes it.
RANKING = _ranking(1, MOST_RANKED)


def _front(value: object, place: str) -> tuple[str, ...]:
    return () if value == "none" else _ranking(2, 4)(value, place)


def _bound(cost: Cost) -> Callable[[object, str], int | Fraction]:
    """A budget: a whole number, or where the cost is a fraction, an exact fraction."""
    if cost.scale == 1:
        return lambda value, place: whole(value, place, 0, in_bytes=cost.in_bytes)
    return fraction


_OPTIONS = (
    Option(
        "target_rf",
        QUESTION,
        _target,
        "RF",
        "receptive field, or a range 200..240; 96.. or ..160, any, per axis 64..96x20..40",
    ),
    Option(
        "input", QUESTION, _input, "N", "input size, pixels; 128x431, 1d:16000, or several 96,128"
    ),
    Option(
        "rounding",
        QUESTION,
        _one_of(ROUNDINGS),
        "HOW",
        "exact (sizes divide without remainder), floor, or ceil (pools only, as PyTorch)",
        "exact",
    ),
    Option("output_size", QUESTION, _target, "N", "final output size, or a range 1..14"),
    *(
        Option(f"{side}{name}", QUESTION, _as_given, "N", text)
        for name, side, text in (
            ("jump", "", "total stride before the head, or a range 8..32; per axis 16x8"),
            ("jump", "min_", "least total stride"),
            ("jump", "max_", "greatest total stride"),
            ("output_stride", "", "the same as --jump"),
            ("output_stride", "min_", "the same as --min-jump"),
            ("output_stride", "max_", "the same as --max-jump"),
        )
    ),
    Option("bytes_per_value", QUESTION, whole, "N", "bytes of one value", 4),
    Option(
        "op",
        SPACE,
        lambda v, p: list(names(v, p)),
        "LIST",
        "layers to build from: conv, depthwise, maxpool, avgpool, transposed, upsample, "
        "upsample_linear",
        ["conv"],
    ),
    Option(
        "kernel",
        SPACE,
        _per_axis,
        "LIST",
        "kernel sizes; per axis 3x5",
        [1, 2, 3, 5, 7, 11],
    ),
    Option("stride", SPACE, _per_axis, "LIST", "strides", [1, 2, 3, 4]),
    Option(
        "padding",
        SPACE,
        _padding,
        "LIST",
        "paddings (those p <= (d(k-1)+1)//2 are used), valid, same, half or causal; default: all "
        "of these",
    ),
    Option(
        "dilation",
        SPACE,
        _per_axis,
        "LIST",
        "dilations, or a rule by layer: double:1:512, cycle:1,2,5, cycle:double:1:512",
        [1],
    ),
    Option("groups", SPACE, lambda v, p: list(wholes(v, p)), "LIST", "groups of convolutions"),
    Option("depth", SPACE, span, "RANGE", "number of layers", (1, 10)),
    Option(
        "channels",
        SPACE,
        _as_given,
        "RULE",
        "double:64:512 (64, doubled at each stride above 1, at most 512), one width, or a "
        "list to choose from",
        "double:64:512",
    ),
    Option("input_channels", SPACE, whole, "N", "channels of the input", 3),
    Option(
        "allow_gaps",
        SPACE,
        _switch,
        "",
        "also layers that skip pixels, stride > d(k-1)+1",
        False,
        switch=True,
    ),
    Option(
        "allow_holes",
        SPACE,
        _switch,
        "",
        "also stacks that leave out positions of their RF, as dilations may (see --min-coverage)",
        False,
        switch=True,
    ),
    Option(
        "allow_wide_padding",
        SPACE,
        _switch,
        "",
        "also paddings above (d(k-1)+1)//2",
        False,
        switch=True,
    ),
    Option("stage", SPACE, _as_given, "", "stages of slots", table=True),
    Option("block", SPACE, _as_given, "", "blocks by name", table=True),
    Option(
        "like",
        SPACE,
        _text,
        "STACK|NAME|FILE",
        "search among the networks within some changes of this one, such as resnet18 or my.onnx",
    ),
    Option(
        "changes",
        SPACE,
        lambda v, p: whole(v, p, 0),
        "N",
        "layers added, removed or changed, of --like at most (default 3)",
    ),
    Option(
        "better",
        QUESTION,
        _switch,
        "",
        "of the networks like one, those as good as it in every cost of front and list",
        False,
        switch=True,
    ),
    Option("axes", SPACE, whole, "N", "1 for sound or series, 2 (images) or 3"),
    Option("stem", SPACE, _text, "STACK", "fixed first layers, in notation"),
    Option("head", SPACE, _text, "STACK", "fixed last layers; the RF is that before them"),
    Option("norm", SPACE, _text, "WHAT", "none, or batch: a batch norm for each convolution"),
    Option("bias", SPACE, _truth, "true|false", "whether convolutions without a norm have a bias"),
    Option("never_falls", SPACE, _of_names, "NAMES", "properties such as channels"),
    Option("never_grows", SPACE, _of_names, "NAMES", "properties such as kernel"),
    Option("bytes", QUESTION, _as_given, "", "bytes of a weight, an activation", table=True),
    Option(
        "reserve",
        QUESTION,
        _bytes_from(0),
        "BYTES",
        "taken off --max-peak-memory and --max-memory",
    ),
    Option(
        "cost",
        QUESTION,
        read_costs,
        "NAME=FILE",
        "a cost of your own: NAME=table.parquet, .csv or .yaml, or NAME=FORMULA; it is ranked, "
        "bounded (--max-NAME) and drawn like the others (docs/device.md)",
        repeated=True,
    ),
    Option(
        "hop",
        QUESTION,
        _as_given,
        "TIME",
        "time between two positions, like 10ms; of axis 2, 2:10ms",
    ),
    *(
        Option(
            f"{end}_{cost.name}",
            BUDGET,
            _bound(cost),
            "N",
            f"{'least' if end == 'min' else 'greatest'} {cost.name.replace('_', ' ')} "
            f"({cost.unit or cost.meaning})",
        )
        for cost in RANKED.values()
        if cost.name != RF.name and not cost.of_neighbourhoods
        for end in ("min", "max")
    ),
    Option(
        "rank_by",
        ANSWER,
        _ranking(1, MOST_RANKED),
        "COSTS",
        "order of the list; max:params maximises",
        ("memory", "macs"),
    ),
    Option("top", ANSWER, _at_least(0, 100_000), "K", "rows of the list", 20),
    Option(
        "distinct",
        ANSWER,
        _one_of(DISTINCT),
        "WHAT",
        "one row per family, per vector of the ranked costs, or every stack (none)",
        "family",
    ),
    Option(
        "front",
        ANSWER,
        _front,
        "COSTS",
        "costs of the front, two to four, or none",
        ("memory", "macs"),
    ),
    Option("count", ANSWER, _switch, "", "only count", False, switch=True),
    Option("where", ANSWER, _text, "SQL", "filter the listed rows; counts stay as they are"),
    Option("format", ANSWER, _one_of(FORMATS), "FORMAT", ", ".join(FORMATS)),
    Option("output", ANSWER, _text, "FILE", "write here instead of to the terminal"),
    Option("report", ANSWER, _text, "FILE", "also draw the answer as one HTML page"),
    Option("plot", ANSWER, _text, "FILE", "also draw it as a figure: FILE.svg, .png or .pdf"),
    Option("export", ANSWER, _text, "DIR", "also write each listed stack there, a file each"),
    Option("to", ANSWER, _one_of(FRAMEWORKS), "WHAT", "torch, keras or onnx: of --export", "torch"),
    Option(
        "force", ANSWER, _switch, "", "replace files of --export that exist", False, switch=True
    ),
    Option(
        "quiet", ANSWER, _switch, "", "only the answer: no notes, no progress", False, switch=True
    ),
    Option(
        "memory_limit", ANSWER, _bytes_from(1), "BYTES", "stop where more would be needed", 4 << 30
    ),
    Option(
        "time_limit",
        ANSWER,
        partial(seconds, zero=True),
        "SECONDS",
        "then the best known, and how far it is proven; without it list and front are exact",
    ),
    Option("threads", ANSWER, _at_least(1, 1024), "N", "threads, by default all processors"),
)

OPTIONS: dict[str, Option] = {option.name: option for option in _OPTIONS}


def defaults() -> dict[str, object]:
    """Every option's value where nothing is said."""
    return {name: option.default for name, option in OPTIONS.items()}
