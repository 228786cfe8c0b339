"""A slow, obvious oracle of ladders: every choice of one stack a rung, as the definition says.

It imports nothing of the package. Rungs are lists of rows (see `naive` and `naive_stages`); `hold`
is {name: tolerance}, tolerances are fractions.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

import naive

EQUAL = {"output_size": ("output_size", "sizes"), "jump": ("jump", "jumps")}


def held(row, name):
    """What a row has of something held; sizes and jumps of staged rows are one number an axis."""
    for attribute in EQUAL.get(name, (name,)):
        if hasattr(row, attribute):
            return getattr(row, attribute)
    raise AttributeError(name)


def choices(rungs, hold):
    """How many choices of a vector a rung there are."""
    return prod(len({vector(row, hold) for row in rung}) for rung in rungs)


def vector(row, hold):
    """All that is held of a row."""
    return tuple(held(row, name) for name in hold)


def tightness(vectors, hold):
    """Greatest spread over tolerance; None where a tolerance of 0 is broken, or a least is 0."""
    worst = Fraction(0)
    for values, tolerance in zip(zip(*vectors, strict=True), hold.values(), strict=True):
        if len(set(values)) == 1:
            continue
        if tolerance == 0 or min(values) == 0:
            return None
        worst = max(worst, (Fraction(max(values), min(values)) - 1) / tolerance)
    return worst


def tightest(rungs, hold, rank_by):
    """(tightness, rows): the tightest ladder, the first rung by rank and order first; or None."""
    best_of = []
    for rung in rungs:
        best = {}
        for row in sorted(rung, key=lambda row: (naive.figures(row, rank_by), row.order())):
            best.setdefault(vector(row, hold), row)
        best_of.append(best)
    found = None
    for chosen in product(*best_of):
        tight = tightness(chosen, hold)
        if tight is None:
            continue
        rows = [best[one] for best, one in zip(best_of, chosen, strict=True)]
        key = (tight, [(naive.figures(row, rank_by), row.order()) for row in rows])
        if found is None or key < found[0]:
            found = (key, rows)
    return None if found is None else (found[0][0], found[1])
