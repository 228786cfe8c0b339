"""A slow, obvious oracle of staged spaces: every network, one by one, with all its figures.

It imports nothing of the package: the language spells every stack, and only then are sizes looked
at, for one input after the other. `naive.top`, `naive.front` and `naive.families` take the rows
as they are.

Costs are whole numbers: `entropy` in units of 2^-32, `erf_variance` in twelfths of an axis's share
(12 times the number of axes in all); `centres2` are doubled.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import naive_blocks
import naive_notation as notation
from naive_language import language
from naive_notation import agreed

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


@dataclass(frozen=True)
class Query:
    """What is asked: `inputs` are tuples of sizes; `target` holds (least, most) for every axis,
    `output` likewise, None for either end where it is open; `bounds` is {cost: (least, most)}."""

    inputs: tuple
    target: tuple | None = None
    rounding: str = "exact"
    output: tuple | None = None
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
    corners: tuple  # (sizes, channels, jumps, fields) after each strided item

    @property
    def rf(self):
        return agreed(self.fields)

    @property
    def family(self):
        return (self.input, self.fields, self.corners)

    def order(self):
        return (self.input, notation.order(self.body))


# What the networks of the language cost


def figures(space, query, sizes, bodies):
    """The Row of every body that has an output on an input of these sizes."""
    stem, head = notation.read(space.stem), notation.read(space.head)
    source = naive_blocks.input_tensor(sizes, space.input_channels)
    start = (source, 0, 0, 0, source.values, 0, 0, ())
    made = {(): _extended(start, stem, query.rounding)}

    def prefix(items):
        if items not in made:
            before = prefix(items[:-1])
            made[items] = before and _extended(before, items[-1:], query.rounding)
        return made[items]

    for body in bodies:
        features = prefix(body)
        whole = features and _extended(features, head, "floor")
        if whole:
            yield _row(query, sizes, stem + body + head, body, features, whole)


def _extended(before, items, rounding):
    """(tensor, depth, params, macs, activations, entropy, peak, corners) after more items."""
    x, depth, params, macs, activations, entropy, peak, corners = before
    for item in items:
        ran = naive_blocks.run(item, x, rounding)
        if ran is None:
            return None
        if ran.out.jump != x.jump:
            out = ran.out
            corners += ((out.sizes, out.channels, out.jump, _field(out)),)
        depth, params, macs = depth + ran.depth, params + ran.params, macs + ran.macs
        activations, entropy = activations + ran.activations, entropy + ran.entropy
        x, peak = ran.out, max(peak, ran.peak)
    return x, depth, params, macs, activations, entropy, peak, corners


def _field(tensor):
    return tuple(b - a + 1 for a, b in zip(tensor.start, tensor.end, strict=True))


def _row(query, sizes, items, body, features, whole):
    out, depth, *_, corners = features
    _, _, params, macs, activations, entropy, peak, _ = whole
    return Row(
        input=sizes,
        body=body,
        stack=notation.write(items),
        sizes=out.sizes,
        fields=_field(out),
        fields_min=out.shortest,
        jumps=out.jump,
        centres2=tuple(a + b for a, b in zip(out.start, out.end, strict=True)),
        paddings=tuple(-a for a in out.start),
        depth=depth,
        params=params,
        macs=macs,
        activations=activations,
        memory=activations * query.activation_bytes,
        peak_memory=peak * query.activation_bytes,
        weight_memory=params * query.weight_bytes,
        entropy=entropy,
        erf_variance=out.spread,
        corners=corners,
    )


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
    for ends, values in ((query.target, row.fields), (query.output, row.sizes)):
        if ends and not all(map(within, values, ends)):
            return False
    return True


def rows_of(space, query, bodies):
    """Every network of the language that has an output, whatever the query's bounds."""
    return [
        row for sizes in sorted(set(query.inputs)) for row in figures(space, query, sizes, bodies)
    ]


def matches(space, query, most=10**6):
    """Every match in the order of inputs and stacks."""
    bodies = language(space, query.rounding, most)
    return [row for row in rows_of(space, query, bodies) if is_match(query, row)]
