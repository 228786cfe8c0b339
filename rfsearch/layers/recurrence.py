"""The recurrences of one layer on one axis, as plain integer functions; nowhere else.

Every other file calls these, and the kernels compile them, so they take and return plain
integers and raise nothing: a size of 0 says "no such layer". Sizes and receptive fields are in
pixels, jumps and centres in input pixels.

Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks",
Distill 2019 (doi 10.23915/distill.00021); the ceil rule is PyTorch's `ceil_mode`, `same` is
TensorFlow's SAME.
"""

from math import gcd

EXACT, FLOOR, CEIL = 0, 1, 2
ROUNDINGS = {"exact": EXACT, "floor": FLOOR, "ceil": CEIL}


def window_growth(kernel: int, dilation: int) -> int:
    """Input pixels that a window spans beyond its first one: d(k-1)."""
    return dilation * (kernel - 1)


def output_size(n: int, growth: int, stride: int, before: int, after: int, rounding: int) -> int:
    """Output size of a window of `growth` + 1 over n pixels padded by before + after; 0: invalid.

    Invalid is a window larger than the padded input, and under EXACT a remainder.
    """
    slack = n + before + after - growth - 1
    if slack < 0:
        return 0
    if rounding != CEIL:
        steps = slack // stride
        # A product, because a second division would double the cost of the kernels' inner loops.
        return steps + 1 if rounding == FLOOR or steps * stride == slack else 0
    size = (slack + stride - 1) // stride + 1
    # PyTorch drops a last window that would start in the padding after the input.
    if (size - 1) * stride >= n + before:
        size -= 1
    return size


def same_output_size(n: int, growth: int, stride: int, rounding: int) -> int:
    """Output size under `same` padding, ceil(n / s); 0 where EXACT rounding drops a pixel."""
    size = (n + stride - 1) // stride
    if rounding == EXACT and (size - 1) * stride + growth + 1 < n:
        return 0
    return size


def same_padding(n: int, growth: int, stride: int) -> int:
    """Padding in all that `same` needs at input size n; half stands before, the odd one after."""
    size = (n + stride - 1) // stride
    return max((size - 1) * stride + growth + 1 - n, 0)


def receptive_field(rf: int, growth: int, jump: int) -> int:
    """r' = r + d(k-1) * j."""
    return rf + growth * jump


def output_jump(jump: int, stride: int) -> int:
    """j' = j * s."""
    return jump * stride


def effective_padding(padding: int, before: int, jump: int) -> int:
    """P' = P + p * j, with the padding that stands before."""
    return padding + before * jump


def twice_centre(centre2: int, growth: int, before: int, jump: int) -> int:
    """Twice the centre of the first output: 2c' = 2c + (d(k-1) - 2p) * j; twice, to stay whole."""
    return centre2 + (growth - 2 * before) * jump


def look_back(padding: int) -> int:
    """Input positions before its own that an output sees; its own are the jump it stands for."""
    return padding


def look_ahead(rf: int, padding: int, jump: int) -> int:
    """Input positions after its own that an output sees: how long a stream must wait for it.

    Output i stands for positions i * jump to (i + 1) * jump - 1 and sees i * jump - padding to
    i * jump - padding + rf - 1.
    """
    return rf - padding - jump


def skips_pixels(growth: int, stride: int) -> bool:
    """Whether windows leave input pixels between them unread: s > d(k-1) + 1."""
    return stride > growth + 1


def default_padding_limit(growth: int) -> int:
    """Largest padding of a search without --allow-wide-padding: (d(k-1) + 1) // 2."""
    return (growth + 1) // 2


def first_read(index: int, stride: int, before: int) -> int:
    """Input position at which the window of output `index` starts; below 0 in the padding."""
    return index * stride - before


def last_read(index: int, growth: int, stride: int, before: int) -> int:
    """Input position at which the window of output `index` ends."""
    return index * stride - before + growth


def dropped(n: int, growth: int, stride: int, before: int, size: int) -> int:
    """Positions at the end of the n that lie beyond the last of `size` windows."""
    return max(n - 1 - last_read(size - 1, growth, stride, before), 0)


def run_start(run: int, n: int, runs: int) -> int:
    """Where one of `runs` nearly equal runs of n positions begins, and the one before it ends."""
    return run * n // runs


def first_needed(start: int, n: int, stride: int, before: int) -> int:
    """The first of n positions that windows from output `start` on read, within the borders."""
    return min(max(start * stride - before, 0), n)


def stop_needed(stop: int, n: int, growth: int, stride: int, before: int) -> int:
    """One beyond the last of n positions that windows before output `stop` read, likewise."""
    return min(max((stop - 1) * stride - before + growth + 1, 0), n)


def transposed_output_size(
    n: int, growth: int, stride: int, before: int, after: int, extra: int
) -> int:
    """Output size of a transposed convolution; `extra` is the frameworks' output padding.

    Source: Dumoulin, Visin, "A guide to convolution arithmetic for deep learning", 2016.
    """
    return (n - 1) * stride - before - after + growth + 1 + extra


def transposed_taps(index: int, kernel: int, stride: int, before: int, dilation: int) -> range:
    """Taps of the kernel through which output `index` of a transposed convolution reads.

    Those with index + before - dilation * tap divisible by the stride, as a range.
    """
    common = gcd(dilation, stride)
    place = index + before
    if place % common:
        return range(0)
    step = stride // common
    first = place // common * pow(dilation // common, -1, step) % step if step > 1 else 0
    return range(first, kernel, step)


def resized_output_size(n: int, up: int, down: int) -> int:
    """Output size of a resize by up / down, rounded down as the frameworks do."""
    return n * up // down


def adaptive_first_read(index: int, n: int, size: int) -> int:
    """First input position of output `index` of an adaptive pool from n to `size` (PyTorch)."""
    return index * n // size


def adaptive_last_read(index: int, n: int, size: int) -> int:
    """Last input position of output `index` of an adaptive pool: its end is rounded up."""
    return ((index + 1) * n + size - 1) // size - 1
