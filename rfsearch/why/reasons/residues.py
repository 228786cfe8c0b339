"""What divisibility forces: the divisor of RF − 1, and strides that the identity shuts out.

Identity (exact rounding, symmetric padding): I + 2P = RF + (n − 1)·jump, and the jump is the
product of all strides. So with q the greatest common divisor of every 2p, a stride s of a match
has gcd(s, q) dividing I − RF: it divides the jump and 2P. q is 2 for mixed paddings (parity) and
0 without padding (then the whole stride divides). And RF − 1 = Σ d(k−1)·j in any rounding, so
the common divisor of all d(k−1) divides RF − 1. With blocks the same holds of what each of them
adds.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import islice
from math import gcd
from typing import Any

from rfsearch.layers.recurrence import EXACT
from rfsearch.why.reasons.axis import Axis
from rfsearch.why.reasons.wording import difference, listed, span, strides


def divisor_reasons(axis: Axis) -> list[str]:
    """That no RF asked for is 1 plus a multiple of the common divisor of all growths."""
    divisor, (low, high) = axis.choices.divisor, axis.target
    if _fitting(axis):
        return []
    if divisor == 0:
        what = "every kernel is 1" if axis.choices.is_chain else "no layer grows the RF"
        return [f"{what}, so every RF is 1, not {span(axis.target)}"]
    below = low - 1 - (low - 1) % divisor + 1
    nearest = listed(rf for rf in (below, below + divisor) if rf >= 1)
    text = f"{_multiples(axis)}, so RF − 1 is one too"
    text += (
        f" and {low - 1} is not" if low == high else f", which no RF in {span(axis.target)} meets"
    )
    odd = "with odd kernels every RF is odd: " if divisor % 2 == 0 and _odd(axis) else ""
    return [f"{odd}{text}; nearest RFs {nearest}"]


def possible_strides(axis: Axis) -> set[int]:
    """The strides that the identity leaves."""
    known = {window.stride for window in axis.windows}
    if not identity_holds(axis):
        return known
    common = _padding_divisor(axis)
    return {stride for stride in known if _divides(axis, gcd(stride, common))}


def stride_note(axis: Axis) -> str | None:
    """The strides that can never occur, with the numbers; None where all can."""
    shut = {window.stride for window in axis.windows} - possible_strides(axis)
    if not shut:
        return None
    common = _padding_divisor(axis)
    if common == 0:
        rule = f"without padding the jump divides {difference(axis)}"
    elif common == 2:
        rule = f"{difference(axis)} is odd"
    else:
        rule = (
            f"all padding is a multiple of {common // 2}, so what a stride shares with {common} "
            f"divides {difference(axis)}"
        )
    return f"{rule}, so {strides(shut)} can never occur"


def residue_notes(axis: Axis) -> list[str]:
    """What divisibility forces on every match, one line each."""
    notes = []
    shut = stride_note(axis)
    if shut:
        notes.append(shut)
    divisor, (low, high) = axis.choices.divisor, axis.target
    evens = any(window.growth % 2 for window in axis.windows)
    if low == high and low % 2 == 0 and evens and axis.choices.is_chain:
        notes.append(f"RF {low} is even, so every match has an even kernel")
    if divisor > 1 and low != high and (low, high) != (1, None):
        notes.append(f"{_multiples(axis)}, so RF − 1 is one too")
    if high is not None and axis.choices.is_chain:
        narrow = {window.kernel for window in axis.windows if window.growth < high}
        for kernel in sorted({window.kernel for window in axis.windows} - narrow):
            notes.append(f"kernel {kernel} alone spans more than RF {high}, so it never occurs")
    return notes


def identity_line(axes: list[tuple[int, Axis]], row: Mapping[str, Any]) -> list[str]:
    """The identity with the numbers of one match, given as a row of results; none where padding
    or rounding void it. `axes` are those that differ, by number."""
    if not axes or not all(identity_holds(axis) for _, axis in axes):
        return []
    sums = []
    for number, axis in axes:
        padding, rf, size, jump = (
            row[name][number] if isinstance(row[name], list) else row[name]
            for name in ("padding_total", "rf", "output_size", "jump")
        )
        sums.append(f"{axis.inputs[0]} + 2·{padding} = {rf} + ({size} − 1)·{jump}")
    on_each = " on each axis" if len(sums) > 1 else ""
    return [
        f"every match has I + 2P = RF + (n − 1)·jump{on_each}; the front's first: {listed(sums)}"
    ]


def identity_holds(axis: Axis) -> bool:
    """Returns True where every match has I + 2P = RF + (n − 1)·jump on this axis, I known."""
    # `same` may put an odd pixel after, so 2P is then no longer even.
    return (
        axis.is_exact
        and axis.choices.is_chain
        and len(axis.inputs) == 1
        and all(window.is_symmetric and window.rounding == EXACT for window in axis.windows)
    )


def _multiples(axis: Axis) -> str:
    what = "every d(k−1) is" if axis.choices.is_chain else "what each layer adds to the RF is"
    return f"{what} a multiple of {axis.choices.divisor}"


def _padding_divisor(axis: Axis) -> int:
    return gcd(*(window.padding for window in axis.windows))


def _fitting(axis: Axis) -> range:
    """The RFs asked for that are 1 plus a multiple of the divisor."""
    divisor, low = axis.choices.divisor, axis.target[0]
    if divisor == 0:
        return range(1, 2) if low == 1 else range(0)
    return range(low + (1 - low) % divisor, _end(axis), divisor)


def _end(axis: Axis) -> int:
    """Beyond the greatest RF asked for."""
    high = axis.target[1]
    return sys.maxsize if high is None else high + 1


def _divides(axis: Axis, shared: int) -> bool:
    """Whether `shared` divides I − RF for some RF that may occur."""
    # Where the divisor alone forbids every RF, this argument must stand by itself.
    rfs = _fitting(axis) or range(axis.target[0], _end(axis))
    # Residues repeat after `shared` steps at the latest.
    return any((axis.inputs[0] - rf) % shared == 0 for rf in islice(rfs, shared))


def _odd(axis: Axis) -> bool:
    return axis.choices.is_chain and all(window.kernel % 2 for window in axis.windows)
