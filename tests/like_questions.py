"""Hypothesis strategies: small networks, and questions on their neighbourhoods.

As in `staged_spaces`, targets, output sizes and budgets are taken from listed networks, so that
bounds fall on values that occur, and one beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import naive_like
import naive_notation as notation
from hypothesis import assume
from hypothesis import strategies as st
from naive_language import Space
from naive_like import PLAIN, SLOT, Neighbourhood, TooManyError
from naive_notation import UnfitError
from naive_stages import Query, figures
from staged_spaces import BLOCKS

import rfsearch

LAYERS = (
    "3C3P1", "4C3S2P1N", "2C1", "3C2", "4C3P1G2", "3C3P1:0", "2C3PsN", "3C3P2D2B0", "C3P1",
    "DW3P1N", "DW2", "MP2S2", "MP3S2P1", "AP3P1", "MP2S2U", "SE2", "2C4S2P1",
)  # fmt: skip
BRACKETS = ("R({})", "R({}-{})", "I({}-{})", "({}|{})", "({}+{})", "(ID|{})", "({}-{}|{})")
HEADS = ("", "", "GAP-3FC", "2FC")
CHANNELS = (None, None, None, 3, [2, 4], "keep", "x2", "double:2:4", "double:4:8")
COSTS = ("depth", "params", "macs", "activations", "memory", "peak_memory", "weight_memory")
COSTS += ("entropy", "erf_variance", "changes")


@st.composite
def networks(draw):
    """The notation of a small network whose widths fit; blocks within blocks now and then."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        parts.append(draw(st.one_of(st.sampled_from(LAYERS), _brackets())))
    text = "-".join(parts)
    try:
        notation.width_after(notation.read(text), 2)
    except UnfitError:
        assume(False)
    assume(naive_like.count(notation.read(text)))
    return text


@st.composite
def _brackets(draw):
    shape = draw(st.sampled_from(BRACKETS))
    inner = [draw(st.sampled_from(LAYERS[:-3])) for _ in range(shape.count("{}"))]
    if draw(st.integers(0, 5)) == 0:
        inner[0] = draw(st.sampled_from(("R(3C3P1)", "(2C1|MP3P1)", "(ID+DW3P1)")))
    return shape.format(*inner)


@dataclass(frozen=True)
class Question:
    """Mine and all that may be done to it, as the oracle and as the package takes it."""

    text: str
    head: str
    near: Neighbourhood
    said: tuple
    query: Query

    @cached_property
    def changes(self):
        """{network: the fewest changes}."""
        return naive_like.neighbours(self.near)

    @cached_property
    def matches(self):
        """Every Row that meets the question, by input and in the order of stacks."""
        bodies = sorted(self.changes, key=notation.order)
        space = Space((), head=self.head, axes=self.near.axes, input_channels=2)
        found = []
        for sizes in sorted(self.query.inputs):
            found += [row for row in figures(space, self.query, sizes, bodies) if self.fits(row)]
        return found

    def fits(self, row):
        """Whether a row is within target, output size and budgets."""
        return (
            _within(row.fields, self.query.target)
            and _within(row.sizes, self.query.output)
            and _within(row.jumps, self.query.jump)
            and all(
                _between(self.figure(row, name), ends) for name, ends in self.query.bounds.items()
            )
        )

    def figure(self, row, name):
        """One cost of a row, whole."""
        return self.changes[row.body] if name == "changes" else getattr(row, name)

    def search(self, **more):
        """The package's answer."""
        query = self.query
        question = {"output_size": _ranges(query.output)} if query.output else {}
        if query.jump:
            question["jump"] = _ranges(query.jump)
        for name, ends in query.bounds.items():
            for side, end in zip(("min", "max"), ends, strict=True):
                if end is not None:
                    question[f"{side}_{name}"] = end
        if query.rounding != "floor":
            question["rounding"] = query.rounding
        inputs = ["x".join(map(str, sizes)) for sizes in query.inputs]
        whole = self.text + ("-" + self.head if self.head else "")
        return rfsearch.like(
            whole, inputs, _ranges(query.target), self.near.changes,
            axes=self.near.axes, input_channels=2, **dict(self.said), **question, **more,
        )  # fmt: skip


def _within(values, ranges):
    return ranges is None or all(map(_between, values, ranges))


def _between(value, ends):
    low, high = ends
    return (low is None or value >= low) and (high is None or value <= high)


def _ranges(ranges):
    if ranges is None:
        return None
    return "x".join(f"{low or 1}..{high or ''}" for low, high in ranges)


def _some(values, most=2):
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique_by=str)


@st.composite
def slots(draw, with_channels):
    """The keys of a slot that are said, and those that are not as they are then."""
    return {
        "op": draw(st.sampled_from([["conv"], ["conv"], ["conv", "maxpool"], ["depthwise"]])),
        "kernel": draw(_some((1, 2, 3))),
        "stride": draw(st.sampled_from([[1], [1], [2], [1, 2]])),
        "padding": draw(st.sampled_from([["any"], [0], [1], ["same"], ["half"], [0, 1]])),
        **({"dilation": [1, 2]} if draw(st.integers(0, 4)) == 0 else {}),
        **({"channels": draw(st.sampled_from(CHANNELS[3:]))} if with_channels else {}),
    }


@st.composite
def neighbourhoods(draw):
    """(text, head, Neighbourhood, what is said to the package)."""
    text = draw(networks())
    changes = draw(st.sampled_from((0, 1, 1, 2, 2, 2, 3)))
    axes = draw(st.sampled_from((1, 2)))
    more, said, blocks = {}, {}, ()
    if draw(st.integers(0, 2)) == 0:
        tables = draw(st.lists(slots(False), min_size=1, max_size=2))
        for table in tables:
            channels = draw(st.sampled_from(("keep", 3, [2, 3], None)))
            if channels is not None:
                table["channels"] = channels
        names = draw(st.sampled_from(((), (), ("sum",), ("separable",), ("dense",), ("twice",))))
        blocks = tuple(BLOCKS[name] for name in names)
        said["stages"] = [*tables, *({"block": name} for name in names)]
        said["block"] = {name: BLOCKS[name] for name in names}
        more["slots"] = tuple({**SLOT, **table} for table in tables)
        more["staged"] = True
    else:
        channels = draw(st.booleans())
        slot = draw(slots(channels))
        said |= slot
        more["slots"] = ({**PLAIN, **slot},)
    if draw(st.integers(0, 5)) == 0:
        norm = draw(st.booleans())
        said |= {"norm": "batch"} if norm else {"bias": False}
        more["dress"] = (norm, False)
    for name in ("allow_gaps", "allow_wide_padding"):
        if draw(st.integers(0, 5)) == 0 and not (name[6] == "w" and "any" in str(said)):
            said[name] = more[name] = True
    items = notation.read(text)
    if draw(st.integers(0, 5)) == 0 and len(items) > 1:
        more["held"] = 1
        said["stem"] = notation.write(items[:1])
    near = Neighbourhood(
        items, changes, axes=axes, input_channels=2, blocks=blocks, most=1_000, **more
    )
    return text, draw(st.sampled_from(HEADS)), near, tuple(said.items())


@st.composite
def questions(draw):
    """A Question; its target is often one that some network has, and sometimes of none."""
    text, head, near, said = draw(neighbourhoods())
    inputs = draw(st.lists(st.integers(3, 9), min_size=1, max_size=2, unique=True))
    rounding = draw(st.sampled_from(("floor", "floor", "exact", "ceil")))
    sizes = tuple((n,) * near.axes for n in sorted(inputs))
    if near.axes == 2 and draw(st.integers(0, 3)) == 0:
        sizes = ((inputs[0], inputs[0] + 1),)
    near = Neighbourhood(**{**vars(near), "rounding": rounding})
    free = Question(text, head, near, said, Query(sizes, None, rounding))
    try:
        rows = free.matches
    except TooManyError:
        assume(False)
    target = draw(_targets(rows, near.axes))
    output, bounds = None, {}
    if rows and draw(st.integers(0, 3)) == 0:
        output = tuple((1, n) for n in draw(st.sampled_from(rows)).sizes)
    jump = None
    if rows and draw(st.integers(0, 4)) == 0:
        jump = tuple((n, n) for n in draw(st.sampled_from(rows)).jumps)
    if rows and draw(st.integers(0, 2)) == 0:
        name = draw(st.sampled_from(("macs", "params", "peak_memory", "depth", "memory")))
        end = getattr(draw(st.sampled_from(rows)), name)
        bounds[name] = draw(
            st.sampled_from(((None, end), (end, None), (end, end), (None, end - 1)))
        )
        assume(min(e for e in bounds[name] if e is not None) >= 0)
    return Question(
        text, head, near, said, Query(sizes, target, rounding, output, jump, bounds=bounds)
    )


@st.composite
def _targets(draw, rows, axes):
    if not rows or draw(st.integers(0, 5)) == 0:
        low = draw(st.integers(1, 12))
        return ((low, low + draw(st.integers(0, 2))),) * axes
    fields = draw(st.sampled_from(rows)).fields
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return tuple((n, n) for n in fields)
    if kind == 1:
        return ((min(fields), max(fields)),) * axes
    if kind == 2:
        return ((max(min(fields) - 1, 1), None),) * axes
    return ((1, max(fields)),) * axes
