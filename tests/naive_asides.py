"""A slow, obvious oracle of stacks in which something is put aside: each is run as a whole.

It imports nothing of the package. What waits for SUM waits through all items between, so that no
item is looked at by itself: the tensors of the whole network are written down, with all that reads
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import naive_blocks
import naive_notation as notation
from naive_stages import fields, printed


@dataclass(frozen=True)
class Row:
    """One network: figures one an axis, costs in values, `entropy` in units of 2^-32."""

    stack: str
    output_size: tuple
    rf: tuple
    rf_min: tuple
    jump: tuple
    centres2: tuple
    depth: int
    params: int
    macs: int
    activations: int
    peak: int
    entropy: int
    erf_variance: int
    coverage: Fraction


def row_of(stem, body, head, sizes, channels, rounding):
    """The Row of a stack; None where it has no output or leaves something uncollected."""
    trace = naive_blocks._Trace(naive_blocks.input_tensor(sizes, channels), rounding)
    trace.activations = trace.tensors[0].values
    try:
        features = trace.items((*stem, *body), 0)
        if trace.aside is not None:
            return None
        depth = trace.depth
        trace.rounding = "floor"
        trace.items(head, features)
    except naive_blocks.UnfitError:
        return None
    out = trace.tensors[features]
    return Row(
        stack=printed((*stem, *body), head),
        output_size=out.sizes,
        rf=fields(out),
        rf_min=out.shortest,
        jump=out.jump,
        centres2=tuple(a + b for a, b in zip(out.start, out.end, strict=True)),
        depth=depth,
        params=trace.params,
        macs=trace.macs,
        activations=trace.activations,
        peak=trace.peak(),
        entropy=trace.entropy,
        erf_variance=sum(out.spread),
        coverage=min(
            Fraction(seen.bit_count(), rf) for seen, rf in zip(out.seen, fields(out), strict=True)
        ),
    )


def rows_of(space, bodies, sizes, rounding):
    """The Row of every body of a space that has one."""
    stem, head = notation.read(space.stem), notation.read(space.head)
    found = (row_of(stem, body, head, sizes, space.input_channels, rounding) for body in bodies)
    return [row for row in found if row is not None]
