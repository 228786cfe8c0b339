"""Hypothesis strategies: small spaces, and questions whose every answer can be listed.

A question is drawn from what its space really holds: targets, output sizes and budgets are taken
from listed stacks, so that bounds fall exactly on values that occur, and one beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import naive
from conftest import FIXED, PLAIN_PYTHON, TIMES, often
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import rfsearch

LISTED_AT_MOST = often(5_000, 20_000)  # listing takes most of a test's time
ANY_RF = (1, 1 << 20)
SCALES = {"erf_variance": 12, "entropy": 2**32}

EXAMPLES = TIMES * (8 if PLAIN_PYTHON else 40)
held = settings(
    deadline=None,
    max_examples=EXAMPLES,
    derandomize=FIXED,
    suppress_health_check=[HealthCheck.too_slow],  # of a busy machine, not of the strategy
)
held_longer = settings(held, max_examples=often(EXAMPLES, 2 * EXAMPLES))
# For what takes long to draw, to list or to answer.
held_shortly = settings(held, max_examples=often(EXAMPLES // 4, EXAMPLES))


@dataclass(frozen=True)
class Question:
    """A space and a query, as the oracle takes them, and what the package gives for them."""

    space: naive.Space
    query: naive.Query

    @cached_property
    def matches(self):
        return naive.matches(self.space, self.query)

    def search(self, **running):
        """The package's answer to the same question."""
        return rfsearch.Space(**vars(self.space)).search(
            self.query.input,
            self.query.target,
            rounding=self.query.rounding,
            output_size=self.query.output,
            jump=self.query.jump,
            bytes_per_value=self.query.bytes_per_value,
            **self.bounds,
            **running,
        )

    @property
    def bounds(self):
        """min_COST and max_COST, as they are given."""
        return dict(self._bounds())

    def _bounds(self):
        for name, ends in self.query.bounds.items():
            for side, bound in zip(("min", "max"), ends, strict=True):
                if bound is not None:
                    scale = SCALES.get(name)
                    yield f"{side}_{name}", Fraction(bound, scale) if scale else bound

    @property
    def adding_budget(self):
        """Whether a budget stands on a cost that adds up along a stack."""
        return bool(set(self.query.bounds) - {"depth", "peak_memory"})


def _some(values, least=1, most=3):
    return st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True).map(tuple)


paddings = st.one_of(
    st.none(),
    _some((0, 1, 2, 3, "same")),
    st.sampled_from([("valid",), ("same",), (0, "same"), ("valid", 1)]),
)

channel_rules = st.one_of(
    st.sampled_from(["double:4:16", "double:2:7", "double:5:5"]),
    st.integers(1, 6),
    _some((2, 3, 8), least=2, most=2),
)


@st.composite
def spaces(draw):
    """A space of at most LISTED_AT_MOST stacks; every rule of layers may be at work."""
    padding = draw(paddings)
    low, high = sorted((draw(st.integers(1, 6)), draw(st.integers(1, 6))))
    space = naive.Space(
        kernel=draw(_some((1, 2, 3, 4, 5, 7))),
        stride=draw(_some((1, 2, 3, 4))),
        padding=padding,
        dilation=draw(st.sampled_from([(1,), (1,), (1, 2), (2,), (2, 3)])),
        op=draw(
            st.sampled_from(
                [("conv",), ("conv",), ("conv", "maxpool"), ("maxpool", "avgpool"), naive.OPS]
            )
        ),
        channels=draw(channel_rules),
        input_channels=draw(st.integers(1, 3)),
        depth=(low, high),
        allow_gaps=draw(st.booleans()),
        allow_holes=draw(st.booleans()),
        allow_wide_padding=padding is not None and draw(st.booleans()),
    )
    if not naive.choices(space):  # a space without layers is refused; tested with the bad inputs
        return naive.Space(channels=space.channels)
    while high > 1 and naive.choices(space) ** high > LISTED_AT_MOST:
        high -= 1
    return naive.Space(**{**vars(space), "depth": (min(low, high), high)})


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
        return (None, high)
    return (low, high + draw(st.integers(0, max(value // 2, 1))))


@st.composite
def questions(draw, budgets=True):
    """A space with a query about it, more often than not with matches."""
    space = draw(spaces())
    query = naive.Query(
        input=draw(st.integers(1, 26)),
        target=ANY_RF,
        rounding=draw(st.sampled_from(("exact", "floor", "ceil"))),
        bytes_per_value=draw(st.sampled_from((1, 4))),
    )
    stacks = naive.matches(space, query)
    if not stacks:
        return Question(space, naive.Query(**{**vars(query), "target": (3, 9)}))
    model = draw(st.sampled_from(stacks))
    low = max(_near(draw, model.rf), 1)
    target = (low, low + draw(st.sampled_from((0, 0, 0, 1, 5, 20, 100))))
    output = None
    if draw(st.integers(0, 3)) == 0:
        output = (max(model.output_size - draw(st.integers(0, 3)), 1), model.output_size)
    jump = None
    if draw(st.integers(0, 3)) == 0:
        jump = (max(model.jump - draw(st.integers(0, 1)), 1), model.jump)
    bounds = {}
    if budgets:
        for name in draw(st.lists(st.sampled_from(naive.COSTS), max_size=2, unique=True)):
            bounds[name] = _range_near(draw, getattr(model, name))
    return Question(
        space,
        naive.Query(
            **{**vars(query), "target": target, "output": output, "jump": jump, "bounds": bounds}
        ),
    )


_ranked = st.sampled_from([turn + name for name in naive.COSTS for turn in ("", "max:")])


def cost_lists(least=1, most=4):
    """Lists of different costs, each minimised or maximised, in any order."""
    return st.lists(
        _ranked,
        min_size=least,
        max_size=most,
        unique_by=lambda cost: cost.removeprefix("max:"),
    )


def columns(row):
    """What a frame says of a stack, from the oracle's row."""
    return {
        "stack": row.stack,
        "output_size": row.output_size,
        "rf": row.rf,
        "rf_min": row.rf,  # one path alone
        "jump": row.jump,
        "centre": row.centre2 / 2,
        "padding_total": row.padding_total,
        "depth": row.depth,
        "params": row.params,
        "macs": row.macs,
        "activations": row.activations,
        "memory": row.memory,
        "peak_memory": row.peak_memory,
        "erf_variance": row.erf_variance / 12,
        "weight_memory": row.weight_memory,
        "entropy": row.entropy / 2**32,
    }


def listed_rows(frame):
    """The rows of a list or front, without the sizes (see test_sizes_column.py)."""
    return frame.drop("sizes").to_dicts()


def rows_of(frame, *without):
    """A frame's rows as dictionaries."""
    return frame.drop(*without).to_dicts() if without else frame.to_dicts()
