"""What divisibility forces: the divisor of RF − 1, and strides that the identity shuts out.

Identity (exact rounding, symmetric padding): I + 2P = RF + (n − 1)·jump, and the jump is the
product of all strides. So with q the greatest common divisor of every 2p, a stride s of a match
has gcd(s, q) dividing I − RF: it divides the jump and 2P. q is 2 for mixed paddings (parity) and
0 without padding (then the whole stride divides). And RF − 1 = Σ d(k−1)·j in any rounding, so
the common divisor of all d(k−1) divides RF − 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from math import gcd
from typing import Any

from rfsearch.request.query import Query
from rfsearch.space.plain import Space
from rfsearch.why.reasons.wording import difference, listed, strides, target


def growth_divisor(space: Space) -> int:
    """The greatest common divisor of all d(k−1); 0 where every layer is 1×1."""
    return gcd(*(move.growth for move in space.moves))


def divisor_reasons(space: Space, query: Query) -> list[str]:
    """That no RF asked for is 1 plus a multiple of the kernels' common divisor."""
    divisor, (low, high) = growth_divisor(space), query.target_rf
    if _fitting(query, divisor):
        return []
    if divisor == 0:
        return [f"every kernel is 1, so every RF is 1, not {target(query)}"]
    below = low - 1 - (low - 1) % divisor + 1
    nearest = listed(rf for rf in (below, below + divisor) if rf >= 1)
    text = f"every d(k−1) is a multiple of {divisor}, so RF − 1 is one too"
    text += f" and {low - 1} is not" if low == high else f", which no RF in {target(query)} meets"
    odd = "with odd kernels every RF is odd: " if divisor % 2 == 0 and _odd(space) else ""
    return [f"{odd}{text}; nearest RFs {nearest}"]


def possible_strides(space: Space, query: Query) -> set[int]:
    """The strides that the identity leaves."""
    known = {move.stride for move in space.moves}
    if not identity_holds(space, query):
        return known
    common = _padding_divisor(space)
    return {stride for stride in known if _divides(space, query, gcd(stride, common))}


def stride_note(space: Space, query: Query) -> str | None:
    """The strides that can never occur, with the numbers; None where all can."""
    shut = {move.stride for move in space.moves} - possible_strides(space, query)
    if not shut:
        return None
    common = _padding_divisor(space)
    if common == 0:
        rule = f"without padding the jump divides {difference(query)}"
    elif common == 2:
        rule = f"{difference(query)} is odd"
    else:
        rule = (
            f"all padding is a multiple of {common // 2}, so what a stride shares with {common} "
            f"divides {difference(query)}"
        )
    return f"{rule}, so {strides(shut)} can never occur"


def residue_notes(space: Space, query: Query) -> list[str]:
    """What divisibility forces on every match, one line each."""
    notes = []
    shut = stride_note(space, query)
    if shut:
        notes.append(shut)
    divisor, (low, high) = growth_divisor(space), query.target_rf
    evens = any(move.growth % 2 for move in space.moves)
    if low == high and low % 2 == 0 and evens:
        notes.append(f"RF {low} is even, so every match has an even kernel")
    if divisor > 1 and low != high:
        notes.append(f"every d(k−1) is a multiple of {divisor}, so RF − 1 is one too")
    narrow = {move.kernel for move in space.moves if move.growth < high}
    for kernel in sorted({move.kernel for move in space.moves} - narrow):
        notes.append(f"kernel {kernel} alone spans more than RF {high}, so it never occurs")
    return notes


def identity(space: Space, query: Query, row: Mapping[str, Any]) -> list[str]:
    """The identity with the numbers of one match, given as a row of results; none where padding
    or rounding void it."""
    if not identity_holds(space, query):
        return []
    return [
        f"every match has I + 2P = RF + (n − 1)·jump; the front's first: {query.input} + "
        f"2·{row['padding_total']} = {row['rf']} + ({row['output_size']} − 1)·{row['jump']}"
    ]


def identity_holds(space: Space, query: Query) -> bool:
    # `same` may put an odd pixel after, so 2P is then no longer even.
    return query.rounding == "exact" and not any(move.is_same for move in space.moves)


def _padding_divisor(space: Space) -> int:
    return gcd(*(2 * move.padding for move in space.moves))


def _fitting(query: Query, divisor: int) -> range:
    """The RFs asked for that are 1 plus a multiple of `divisor`."""
    low, high = query.target_rf
    if divisor == 0:
        return range(1, 2) if low == 1 else range(0)
    return range(low + (1 - low) % divisor, high + 1, divisor)


def _divides(space: Space, query: Query, shared: int) -> bool:
    """Whether `shared` divides I − RF for some RF that may occur."""
    low, high = query.target_rf
    # Where the divisor alone forbids every RF, this argument must stand by itself.
    rfs = _fitting(query, growth_divisor(space)) or range(low, high + 1)
    # Residues repeat after `shared` steps at the latest.
    return any((query.input - rf) % shared == 0 for rf in islice(rfs, shared))


def _odd(space: Space) -> bool:
    return all(move.kernel % 2 for move in space.moves)
