"""How much of each input position an output takes, along one axis, where weights are uniform.

The impulse response with uniform weights (Luo et al. 2016, "Understanding the Effective Receptive
Field in Deep Convolutional Neural Networks") is the product of these along every path. A window
averages, a resize interpolates as frameworks do, and a transposed convolution has the same weight
at each tap, so chosen that a constant stays itself on average. Max pools count as averages.
"""

from __future__ import annotations

from fractions import Fraction

from rfsearch.network.axis import ZEROS, AxisMap, Resize, Transposed, Window
from rfsearch.network.reach import written_out

# Of cubic interpolation, in torch and ONNX alike (Keys 1981).
_CUBIC = Fraction(-3, 4)

Taps = list[tuple[int, float]]


def taps(one: AxisMap, n: int) -> list[Taps]:
    """For each output its (input position, weight), without those that fall on padding of zeros.

    A resize reads its edge pixel beyond the border, a padding that mirrors or repeats the pixel
    that it holds.
    """
    return [_joined(_taps(one, index, n)) for index in range(one.size(n))]


def _taps(one: AxisMap, index: int, n: int) -> Taps:
    reads = one.reads(index, n)
    if isinstance(one, Resize):
        held = [min(max(at, 0), n - 1) for at in reads]
        return list(zip(held, _interpolation(one, index, n), strict=True))
    each = 1 / max(len(reads), 1)
    if isinstance(one, Transposed):
        each = one.stride / one.kernel
    if isinstance(one, Window) and one.edge != ZEROS:
        return [(at if 0 <= at < n else written_out(one.edge, at, n), each) for at in reads]
    return [(at, each) for at in reads if 0 <= at < n]


def _joined(read: Taps) -> Taps:
    """Each position once."""
    held: dict[int, float] = {}
    for at, weight in read:
        held[at] = held.get(at, 0.0) + weight
    return list(held.items())


def _interpolation(one: Resize, index: int, n: int) -> list[float]:
    """The weights of the positions that a resize reads, which add up to 1."""
    reads = one.reads(index, n)
    if len(reads) == 1:
        return [1.0]
    source = one.source(index, n)
    kernel = _cubic if one.mode == "cubic" else _linear
    return [float(kernel(abs(source - at))) for at in reads]


def _linear(x: Fraction) -> Fraction:
    return max(1 - x, Fraction(0))


def _cubic(x: Fraction) -> Fraction:
    """Keys' kernel at a distance of x positions."""
    if x <= 1:
        return (_CUBIC + 2) * x**3 - (_CUBIC + 3) * x**2 + 1
    if x < 2:
        return _CUBIC * (x**3 - 5 * x**2 + 8 * x - 4)
    return Fraction(0)
