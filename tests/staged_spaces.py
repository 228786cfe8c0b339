"""Hypothesis strategies: small staged spaces, and questions whose every answer can be listed.

As in `spaces`, a question is drawn from what its space really holds, so that targets and budgets
fall exactly on values that occur, and one beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import naive_stages
from conftest import FIXED, PLAIN_PYTHON, TIMES, often
from hypothesis import settings
from hypothesis import strategies as st
from naive_language import Space, TooManyError, language, layer_choices, turned
from naive_notation import agreed
from naive_stages import Query

import rfsearch

# Listing every network of a staged space takes far longer than listing plain stacks.
EXAMPLES = TIMES * (3 if PLAIN_PYTHON else 12)
held = settings(deadline=None, max_examples=EXAMPLES, derandomize=FIXED)
held_shortly = settings(held, max_examples=often(max(EXAMPLES // 2, 2), EXAMPLES))

SCALES = {"entropy": 2**32, "deepmad": 2**41, "effectiveness": 2**32}
LISTED_AT_MOST = 1_000

# name: (stack, holes with values that fit any width). A slot may override every hole.
BLOCKS = {
    "basic": {"stack": "R({c}C3S{s}P1N-{c}C3P1N)", "s": 1, "c": "keep"},
    "bottleneck": {
        "stack": "R({(c+1)//2}C1B0-{(c+1)//2}C{k}S{s}P{k//2}B0-{c}C1B0)",
        "s": [1, 2],
        "c": ["keep", 4],
        "k": 3,
    },
    "cropped": {"stack": "R({c}C3P{p}-{c}C1)", "c": "keep", "p": [0, 1]},
    "mb": {
        "stack": ["I({in*t}C1N-DW{k}S{s}P{k//2}N-{c}C1N)", "I(DW{k}S{s}P{k//2}N-{c}C1N)"],
        "t": [2, 3],
        "k": [3, 5],
        "s": 1,
        "c": "keep",
    },
    "separable": {"stack": "DW{k}S{s}P{k//2}N-{c}C1N", "k": 3, "s": [1, 2], "c": [3, "x2"]},
    "aspp": {
        "stack": "({c}C1|{c}C3P{d}D{d}|{c}C3P{2*d}D{2*d})-{c+1}C1",
        "d": [1, 2],
        "c": [2, 4],
    },
    "gated": {
        "stack": ["I({in*2}C1-DW3S{s}P1-SE{r}-{c}C1)", "SE1B0-{c}C3S{s}P1"],
        "s": 1,
        "r": [1, 2],
        "c": "keep",
    },
    "sum": {"stack": "({c}C{k}S{s}P{k//2}+{c}C1S{s}-DW3P1)", "k": [1, 3], "s": 1, "c": [2, 3]},
    "reduction": {"stack": "(MP3S{s}P1|{c}C3S{s}P1|AP3S{s}P1-{c}C1)", "s": [1, 2], "c": 2},
    "dense": {"stack": ["(ID|{c}C3P1)", "{in+c}C3P1"], "c": [1, 2]},
    "twice": {"stack": "R(I({c}C3P1-DW3P1)-(ID|{in}C1)-SE2-{c}C3S{s}P1)", "c": "keep", "s": [1, 2]},
    "plain": {"stack": "{c}C{k}S{s}P{p}D{d}", "k": 3, "p": [0, 1, 2], "d": [1, 2], "s": 1, "c": 4},
}
STEMS = ("", "", "", "4C3S2P1N", "2C3P1-MP2S2", "3C3-MP2S2U", "R(4C3P1-4C3P1)", "4C5S2P2-SE2B0")
HEADS = ("", "", "GAP-5FC", "3FC", "4C1N-GAP-3FCB0")
WIDTHS = (1, 2, 3, 4, 6, "keep", "x2", "x0.5", "x1.5", "2..6:2")
BOUNDED = (*naive_stages.COSTS, "effectiveness")
# Names that can be compared, in the body's order, from one choice to the next.
NUMERIC = ("channels", "kernel", "stride", "dilation", "groups", "c", "k", "s", "d")


def _some(values, least=1, most=2):
    return st.lists(st.sampled_from(values), min_size=least, max_size=most, unique_by=str)


def _one_or_some(values, most=2):
    """A list of values, or one by itself."""
    return st.one_of(st.sampled_from(values), _some(values, 1, most))


def _rectangles(axes, values, uneven):
    return (*values, *uneven) if axes == 2 else values


# Of dilations: how the value follows from the turn.
RULES = ("double:1:2", "cycle:1,2", "cycle:double:1:4", "cycle:2,1,1")
MOST_TURNS = 3  # after which every rule has said all of its values
REPEATS = (1, 1, 1, 2, "0..1", "0..2", "1..2", (1, 3), [0, 1])


@st.composite
def op_slots(draw, axes):
    """A slot of layers; every key may be left out."""
    table = {
        "op": _one_or_some(("conv", "conv", "depthwise", "maxpool", "avgpool")),
        "kernel": _one_or_some(_rectangles(axes, (1, 2, 3, 5), ("3x1", "1x3", "2x3")), 3),
        "stride": _one_or_some(_rectangles(axes, (1, 1, 2, 3), ("2x1", "1x2"))),
        "padding": _one_or_some(
            _rectangles(axes, (0, 1, 2, "same", "half", "valid", "causal", "any"), ("1x0", "0x2"))
        ),
        "dilation": st.one_of(
            _one_or_some(_rectangles(axes, (1, 2), ("1x2",))),
            st.sampled_from(_rectangles(axes, RULES, ("cycle:1x2,2",))),
        ),
        "groups": _one_or_some((1, 2)),
        "channels": _one_or_some(WIDTHS, 3),
        "repeat": st.sampled_from(REPEATS),
        "uniform": _some(("kernel", "stride", "padding", "dilation", "groups", "op", "channels")),
    }
    left_out = draw(st.sets(st.sampled_from(sorted(table)), min_size=3, max_size=7))
    return {key: draw(table[key]) for key in table if key not in left_out}


@st.composite
def block_slots(draw, axes):
    """A slot of blocks, some of their holes overridden."""
    names = draw(_some(sorted(BLOCKS), 1, 2))
    shared = set.intersection(*(set(BLOCKS[name]) for name in names)) - {"stack"}
    values = {
        "c": _one_or_some(WIDTHS[1:]),
        "s": _one_or_some((1, 2)),
        "k": _one_or_some(_rectangles(axes, (1, 3, 5), ("3x1", "1x5"))),
        "d": st.one_of(_one_or_some((1, 2)), st.sampled_from(RULES)),
        "t": _one_or_some((1, 2)),
        "r": _one_or_some((1, 2)),
        "p": _one_or_some((0, 1)),
    }
    if "plain" in names:
        # A kernel of 1 takes no dilation.
        values["k"] = _one_or_some(_rectangles(axes, (3, 5), ("3x5",)))
    table = {"block": names[0] if len(names) == 1 else names}
    for hole in draw(st.lists(st.sampled_from(sorted(shared)), unique=True)) if shared else ():
        table[hole] = draw(values[hole])
    if draw(st.booleans()):
        table["repeat"] = draw(st.sampled_from(REPEATS))
    if draw(st.integers(0, 2)) == 0:
        table["uniform"] = draw(_some((*sorted(shared), "channels")))
    return table


@st.composite
def stages(draw, axes):
    """One slot, or a group of slots that is repeated as a whole."""
    slots = [draw(st.one_of(op_slots(axes), block_slots(axes))) for _ in range(2)]
    kind = draw(st.sampled_from(("slot", "slot", "group of one", "group")))
    if kind == "slot":
        return slots[0]
    table = {"slot": slots[:1] if kind == "group of one" else slots}
    if draw(st.booleans()):
        table["repeat"] = draw(st.sampled_from(REPEATS))
    if draw(st.integers(0, 2)) == 0:
        names = draw(_some(("channels", "kernel", "stride", "op", "c", "k", "s"), 1, 2))
        table["uniform"] = [name for name in names if _has(table["slot"], name)]
    return table


def _has(slots, name):
    """Whether some choice of these slots has the property."""
    for slot in slots:
        if "block" not in slot:
            if name in ("channels", "kernel", "stride", "padding", "dilation", "groups", "op"):
                return True
        elif name == "channels" or any(name in BLOCKS[one] for one in _listed(slot["block"])):
            return True
    return False


def _listed(value):
    return value if isinstance(value, list) else [value]


@st.composite
def spaces(draw):
    """A space of at most LISTED_AT_MOST ways to fill its places, under any rounding."""
    axes = draw(st.sampled_from((1, 2, 2, 2, 3)))
    space = Space(
        stages=({"kernel": 3, "channels": draw(st.sampled_from((2, 4)))},),
        block=BLOCKS,
        stem=draw(st.sampled_from(STEMS)),
        head=draw(st.sampled_from(HEADS)),
        axes=axes,
        input_channels=draw(st.sampled_from((1, 3, 4))),
        bias=draw(st.booleans()),
        norm=draw(st.sampled_from(("none", "batch"))),
        allow_gaps=draw(st.booleans()),
        allow_holes=draw(st.booleans()),
        allow_wide_padding=draw(st.booleans()),
    )
    kept = ()
    for _ in range(draw(st.sampled_from((2, 3, 4, 1)))):
        stage = draw(stages(axes))
        if "slot" in stage and not _is_small(replace(space, stages=(*kept, stage))):
            stage = stage["slot"][0]
        for fewer in (stage, stage | {"repeat": 1}):
            if _is_small(replace(space, stages=(*kept, fewer))):
                kept = (*kept, fewer)
                break
    space = replace(space, stages=kept or space.stages)
    if "any" in str(space.stages):  # wide paddings have no end of their own
        space = replace(space, allow_wide_padding=False)
    names = [name for name in NUMERIC if _has(_slots_of(space), name)]
    for order in ("never_falls", "never_grows"):
        if draw(st.sampled_from((False, False, True))):
            ordered = replace(space, **{order: tuple(draw(_some(names)))})
            space = ordered if _is_small(ordered) else space
    used = [slot["block"] for slot in _slots_of(space) if "block" in slot]
    return replace(space, block={name: BLOCKS[name] for name in BLOCKS if name in str(used)})


def _fits_a_layer(space, slot):
    """Whether some layer may stand in a slot at one of its turns, widths and groups aside."""
    free = slot | {"channels": "keep", "groups": 1}
    turns = (turned(free, turn) for turn in range(MOST_TURNS))
    return any(any(layer_choices(space, one, 1, "floor")) for one in turns)


def _slots_of(space):
    return [slot for stage in space.stages for slot in stage.get("slot", [stage])]


def _is_small(space):
    """Whether it has some stack and not too many ways to fill its places.

    A space with a slot that no layer at all fits is refused; tested with the bad inputs.
    """
    if not all(_fits_a_layer(space, slot) for slot in _slots_of(space) if "block" not in slot):
        return False
    try:
        return bool(language(space, "floor", LISTED_AT_MOST))
    except TooManyError:
        return False


# Questions


@dataclass(frozen=True)
class Question:
    """A space and a query, as the oracle takes them, and what the package gives for them."""

    space: Space
    query: Query

    @cached_property
    def bodies(self):
        return language(self.space, self.query.rounding, 10**6)

    @cached_property
    def rows(self):
        return naive_stages.rows_of(self.space, self.query, self.bodies)

    @cached_property
    def matches(self):
        return [row for row in self.rows if naive_stages.is_match(self.query, row)]

    def within(self, bounds):
        """The same question with other bounds; nothing is listed again."""
        other = Question(self.space, replace(self.query, bounds=bounds))
        vars(other)["rows"] = self.rows
        return other

    @property
    def staged(self):
        """The package's space."""
        said = {**vars(self.space)}
        return rfsearch.StagedSpace(list(said.pop("stages")), said.pop("block"), **said)

    def search(self, **running):
        """The package's answer to the same question."""
        query = self.query
        inputs = [shown_sizes(sizes) for sizes in query.inputs]
        return self.staged.search(
            inputs[0] if len(inputs) == 1 else inputs,
            shown_span(query.target),
            rounding=query.rounding,
            output_size=shown_span(query.output),
            jump=shown_span(query.jump),
            bytes={"weight": query.weight_bytes, "activation": query.activation_bytes},
            reserve=query.reserve,
            **dict(self._bounds()),
            **running,
        )

    def _bounds(self):
        for name, ends in self.query.bounds.items():
            for side, bound in zip(("min", "max"), ends, strict=True):
                if bound is not None:
                    yield f"{side}_{name}", self.figure(name, bound)

    def figure(self, cost, value):
        """A cost as it is shown: the oracle's whole number over its scale."""
        scale = {**SCALES, "erf_variance": 12 * self.space.axes}.get(cost)
        return Fraction(value, scale) if scale else value

    @property
    def adding_budget(self):
        """Whether a budget stands on a cost that adds up along a stack; a step may be deep."""
        return bool(set(self.query.bounds) - {"peak_memory"})

    def columns(self, row, asked=()):
        """What a frame says of a network; equal values on all axes as one.

        Scores are there only where they are bounded, or among the costs that are `asked`.
        """
        centres = agreed([twice / 2 for twice in row.centres2])
        shown = {"input": agreed(row.input)} if len(set(self.query.inputs)) > 1 else {}
        shown |= {
            "stack": row.stack,
            "output_size": agreed(row.sizes),
            "rf": agreed(row.fields),
            "rf_min": agreed(row.fields_min),
            "jump": agreed(row.jumps),
            "centre": centres,
            "padding_total": agreed(row.paddings),
        }
        asked = {*self.query.bounds, *(cost.removeprefix("max:") for cost in asked)}
        scores = [cost for cost in naive_stages.SCORES if cost in asked]
        for cost in (*naive_stages.COSTS, *scores):
            value = self.figure(cost, getattr(row, cost))
            shown[cost] = float(value) if isinstance(value, Fraction) else value
        return shown


def read_frame(frame):
    """A frame's rows with one value where the axes agree, and sizes as numbers."""
    return [
        {name: _read(name, value) for name, value in row.items() if name != "sizes"}
        for row in frame.to_dicts()
    ]


def _read(name, value):
    if name == "input" and isinstance(value, str):
        value = [int(size) for size in value.split("x")]
    return agreed(value) if isinstance(value, list) else value


def shown_sizes(sizes):
    """One number, or 12x9 where the axes differ."""
    return sizes[0] if len(set(sizes)) == 1 else "x".join(map(str, sizes))


def shown_span(ends):
    """A target as the package takes it: a number, a pair, or text with open ends or per axis."""
    if ends is None:
        return None
    words = [_span_text(*pair) for pair in ends]
    if len(set(words)) > 1:
        return "x".join(words)
    low, high = ends[0]
    if None in (low, high):
        return words[0]
    return low if low == high else (low, high)


def _span_text(low, high):
    if low == high and low is not None:
        return str(low)
    return f"{'' if low is None else low}..{'' if high is None else high}"


def _near(draw, value):
    """The value itself, or a neighbour."""
    return max(value + draw(st.sampled_from((0, 0, 0, -1, 1))), 0)


def _range_near(draw, value):
    """Either end at or beside the value, the other open, closed upon it, or at a distance."""
    low = high = _near(draw, value)
    kind = draw(st.sampled_from(("low", "high", "both")))
    if kind == "low":
        return (low, None)
    if kind == "high":
        return (None, max(high, 1))
    return (low, max(high, 1) + draw(st.integers(0, max(value // 2, 1))))


@st.composite
def _inputs(draw, axes):
    """One to three inputs, mostly square, now and then rectangular."""
    some = []
    most = 30 if axes < 3 else 16
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        size = draw(st.one_of(st.integers(6, most), st.integers(10, most), st.integers(1, most)))
        sizes = [size] * axes
        if axes > 1 and draw(st.sampled_from((False, False, True))):
            sizes[draw(st.integers(0, axes - 1))] = draw(st.integers(3, most))
        some.append(tuple(sizes))
    return tuple(dict.fromkeys(some))


def _target_near(draw, values):
    """None, or a range about the values: mostly one for all axes, else one for each."""
    kind = draw(st.sampled_from(("none", "none", "all", "all", "each")))
    if kind == "none":
        return None
    pairs = []
    for value in values:
        low = max(_near(draw, value), 1)
        ends = draw(st.sampled_from(("range", "low", "high", "range", "point")))
        high = low + (0 if ends == "point" else draw(st.sampled_from((0, 1, 5, 20, 100))))
        pairs.append((None if ends == "high" else low, None if ends == "low" else high))
    return tuple(pairs) if kind == "each" else (pairs[0],) * len(pairs)


@st.composite
def questions(draw, budgets=True):
    """A space with a query about it, more often than not with matches."""
    space = draw(spaces())
    query = Query(
        inputs=draw(_inputs(space.axes)),
        rounding=draw(st.sampled_from(("floor", "floor", "exact", "ceil"))),
        weight_bytes=draw(st.sampled_from((1, 4))),
        activation_bytes=draw(st.sampled_from((1, 2, 4))),
    )
    rows = Question(space, query).matches
    if not rows:
        return Question(space, replace(query, target=((3, 9),) * space.axes))
    model = draw(st.sampled_from(rows))
    query = replace(query, target=_target_near(draw, model.fields))
    if draw(st.integers(0, 3)) == 0:
        low = tuple(max(size - draw(st.integers(0, 3)), 1) for size in model.sizes)
        query = replace(query, output=tuple(zip(low, model.sizes, strict=True)))
    if draw(st.integers(0, 3)) == 0:
        query = replace(query, jump=_target_near(draw, model.jumps))
    if budgets:
        names = draw(_some(BOUNDED)) if draw(st.integers(0, 3)) else ()
        bounds = {name: _range_near(draw, getattr(model, name)) for name in names}
        reserve = draw(st.sampled_from((0, 0, 0, 1, 100)))
        memory = {"memory", "peak_memory"} & set(bounds)
        from_above = {name for name in memory if bounds[name][1] is not None}
        for name in from_above:
            low, high = bounds[name]
            bounds[name] = (low, high + reserve)
        # A reserve that is taken off nothing is refused.
        query = replace(query, bounds=bounds, reserve=reserve if from_above else 0)
    return Question(space, query)


@st.composite
def scored_questions(draw):
    """A question with a bound on DeepMAD's score at or beside that of some match, or with none."""
    question = draw(questions())
    if not question.matches or draw(st.booleans()):
        return question
    near = draw(st.sampled_from(question.matches)).deepmad
    ends = [(near, None), (None, max(near, 1)), (near + 1, None), (near, near)]
    if near > 1:
        ends += [(near - 1, None), (None, near - 1)]
    bounds = {**question.query.bounds, "deepmad": draw(st.sampled_from(ends))}
    return question.within(bounds)


def ranked(least=1, most=4):
    """Lists of different costs, each minimised or maximised, in any order."""
    names = (*BOUNDED, "rf")
    return st.lists(
        st.sampled_from([turn + name for name in names for turn in ("", "max:")]),
        min_size=least,
        max_size=most,
        unique_by=lambda cost: cost.removeprefix("max:"),
    )
