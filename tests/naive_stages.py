"""A slow, obvious oracle of staged spaces: every network, one by one, with all its figures.

It imports nothing of the package: the language spells every stack, and only then are sizes looked
at, for one input after the other. `naive.top`, `naive.front` and `naive.families` take the rows
as they are.

Costs are whole numbers: `entropy` in units of 2^-32, `erf_variance` in twelfths of an axis's share
(12 times the number of axes in all); `centres2` are doubled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Context
from fractions import Fraction

import naive_blocks
import naive_notation as notation
from naive_language import language

COSTS = (
    "depth",
    "params",
    "macs",
    "activations",
    "memory",
    "peak_memory",
    "weight_memory",
    "entropy",
    "erf_variance",
)
# Shown where they are asked for: scores of Shen et al., DeepMAD, CVPR 2023.
SCORES = ("deepmad", "effectiveness")


@dataclass(frozen=True)
class Query:
    """What is asked: `inputs` are tuples of sizes; `target` holds (least, most) for every axis,
    `output` and `jump` likewise, None for either end where it is open; `bounds` is
    {cost: (least, most)}."""

    inputs: tuple
    target: tuple | None = None
    rounding: str = "exact"
    output: tuple | None = None
    jump: tuple | None = None
    weight_bytes: int = 4
    activation_bytes: int = 4
    reserve: int = 0
    bounds: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One network with everything that can be said of it; sizes and the like one an axis."""

    input: tuple
    body: tuple
    stack: str
    sizes: tuple
    fields: tuple
    fields_min: tuple
    jumps: tuple
    centres2: tuple
    paddings: tuple
    depth: int
    params: int
    macs: int
    activations: int
    memory: int
    peak_memory: int
    weight_memory: int
    entropy: int
    erf_variance: int
    deepmad: int
    effectiveness: int
    corners: tuple  # (sizes, channels, jumps, fields) after each strided item
    coverage: Fraction  # share of the field's pixels that the output reads, borders aside

    @property
    def rf(self):
        """What a ranking by the receptive field compares: the sum over the axes."""
        return sum(self.fields)

    @property
    def family(self):
        return (self.input, self.fields, self.corners)

    def order(self):
        return (self.input, notation.order(self.body))


# What the networks of the language cost


@dataclass(frozen=True)
class Prefix:
    """A stack so far: its last tensor, and what it cost.

    corners (sizes, channels, jumps, fields) after each strided item
    written convolutions so far, and the sum of their logarithms
    ends    (values of the tensor, written) before each strided item of the body
    aside   the sum of what was put aside and not collected
    """

    x: naive_blocks.Tensor
    activations: int
    depth: int = 0
    params: int = 0
    macs: int = 0
    entropy: int = 0
    peak: int = 0
    corners: tuple = ()
    written: tuple = (0, 0)
    ends: tuple = ()
    aside: naive_blocks.Tensor | None = None


def extended(before, items, rounding, in_body=False):
    """The Prefix with more items; None where one of them has no output."""
    for item in items:
        ran = naive_blocks.run(item, before.x, rounding, before.aside)
        if ran is None:
            return None
        out, corners, ends = ran.out, before.corners, before.ends
        if out.jump != before.x.jump:
            corners += ((out.sizes, out.channels, out.jump, fields(out)),)
            ends += ((before.x.values, before.written),) * in_body
        before = Prefix(
            x=out,
            activations=before.activations + ran.activations,
            depth=before.depth + ran.depth,
            params=before.params + ran.params,
            macs=before.macs + ran.macs,
            entropy=before.entropy + ran.entropy,
            peak=max(before.peak, ran.peak),
            corners=corners,
            written=tuple(map(sum, zip(before.written, ran.written, strict=True))),
            ends=ends,
            aside=ran.aside,
        )
    return before


def figures(space, query, sizes, bodies):
    """The Row of every body that has an output on an input of these sizes."""
    stem, head = notation.read(space.stem), notation.read(space.head)
    source = naive_blocks.input_tensor(sizes, space.input_channels)
    made = {(): extended(Prefix(source, source.values), stem, query.rounding)}

    def prefix(items):
        if items not in made:
            before = prefix(items[:-1])
            made[items] = before and extended(before, items[-1:], query.rounding, True)
        return made[items]

    for body in bodies:
        features = prefix(body)
        whole = features and not features.aside and extended(features, head, "floor")
        if whole:
            yield _row(query, sizes, printed(stem + body, head), body, features, whole)


def printed(body, head):
    """Body and head as text; `HEAD` stands between where no layer that merges all does."""
    if not head:
        return notation.write(body)
    merges = getattr(head[0], "op", "") in ("GAP", "FC")
    return notation.write(body) + ("-" if merges else "-HEAD-") + notation.write(head)


def fields(tensor):
    return tuple(b - a + 1 for a, b in zip(tensor.start, tensor.end, strict=True))


def _row(query, sizes, items, body, features, whole):
    out = features.x
    ends = (*features.ends, (out.values, features.written))
    return Row(
        input=sizes,
        body=body,
        stack=items,
        sizes=out.sizes,
        fields=fields(out),
        fields_min=out.shortest,
        jumps=out.jump,
        centres2=tuple(a + b for a, b in zip(out.start, out.end, strict=True)),
        paddings=tuple(-a for a in out.start),
        depth=features.depth,
        params=whole.params,
        macs=whole.macs,
        activations=whole.activations,
        memory=whole.activations * query.activation_bytes,
        peak_memory=whole.peak * query.activation_bytes,
        weight_memory=whole.params * query.weight_bytes,
        entropy=whole.entropy,
        erf_variance=sum(out.spread),
        deepmad=score(ends),
        effectiveness=max(effectiveness(*written) for _, written in ends),
        corners=features.corners,
        coverage=min(
            Fraction(a.bit_count(), b) for a, b in zip(out.seen, fields(out), strict=True)
        ),
    )


def score(ends):
    """Over the stages' ends, log(values) times the logarithms so far, the last end eight times.

    In units of 2^-41: of half the logarithms (their square roots'), times weights in 2^-16.
    """
    total = 0
    for number, (values, (_, logs)) in enumerate(ends, start=1):
        ratio = 8 if number == len(ends) else 1
        total += (ratio * naive_blocks.log_in_units(values) + 2**15) // 2**16 * logs
    return total


def effectiveness(layers, logs):
    """exp(log D - W / D) of D layers whose logarithms add up to W, in units of 2^-32."""
    if not layers:
        return 0
    exact = Context(prec=50)
    power = exact.exp(exact.divide(-logs, layers * 2**24))
    return int(exact.multiply(layers * 2**32, power).to_integral_value())


# The questions


def within(value, ends):
    low, high = ends
    return (low is None or value >= low) and (high is None or value <= high)


def is_match(query, row):
    """Whether a network is what the query asks for."""
    for cost, (low, high) in query.bounds.items():
        if cost in ("memory", "peak_memory") and high is not None:
            high -= query.reserve
        if not within(getattr(row, cost), (low, high)):
            return False
    for ends, values in (
        (query.target, row.fields),
        (query.output, row.sizes),
        (query.jump, row.jumps),
    ):
        if ends and not all(map(within, values, ends)):
            return False
    return True


def rows_of(space, query, bodies):
    """Every network of the language that has an output, whatever the query's bounds.

    One whose field has holes is left out, unless the space or a bound on coverage lets it in.
    """
    holes = space.allow_holes or space.allow_gaps or "coverage" in query.bounds
    return [
        row
        for sizes in sorted(set(query.inputs))
        for row in figures(space, query, sizes, bodies)
        if holes or row.coverage == 1
    ]


def matches(space, query, most=10**6):
    """Every match in the order of inputs and stacks."""
    bodies = language(space, query.rounding, most)
    return [row for row in rows_of(space, query, bodies) if is_match(query, row)]
