"""The codes that explicit candidates are written in, and those that their kernel answers with.

Plain numbers beside the kernel, because the cache of kernels is named after this folder.
"""

from __future__ import annotations

from enum import IntEnum

SAME = -1  # the padding code of `same`
MOST_LAYERS = 4_096  # with the limits below, sizes stay under 2^30
LARGEST_NUMBER = 65_536  # of kernel, stride, padding, dilation and input
LARGEST_CHANNELS = 1 << 20


class Op(IntEnum):
    """The codes of the `op` array. NONE is no layer: shorter stacks are filled up with it."""

    NONE = 0
    CONV = 1
    DEPTHWISE = 2
    MAXPOOL = 3
    AVGPOOL = 4


# Figures of one candidate: the rows of the kernel's output. Those of FRACTIONS are float64 in the
# memory of int64: what is divided while it is at hand needs no second pass over all of it.
FIGURES = (
    "output_size",
    "rf",
    "jump",
    "centre",
    "padding_total",
    "depth",
    "params",
    "macs",
    "activations",
    "memory",
    "peak_memory",
    "erf_variance",
)
FRACTIONS = ("centre", "erf_variance")

# Why a candidate has no figures, and the numbers that each is told with, at most three.
VALID = 0
NO_LAYERS = 1
WINDOW = 2  # window, padded size
REMAINDER = 3  # padded size, window, stride
SAME_DROPS = 4  # size, pixels that the windows cover
BAD_OP = 5  # code
BAD_KERNEL = 6  # value; so are the next five
BAD_STRIDE = 7
BAD_PADDING = 8
BAD_DILATION = 9
BAD_CHANNELS = 10
BAD_LEARNED = 11
POOL_KERNEL = 12  # kernel
POOL_DILATION = 13  # dilation
GROUPS = 14  # groups, input channels, output channels
RF_LIMIT = 15
MACS_LIMIT = 16
MEMORY_LIMIT = 17
VARIANCE_LIMIT = 18
JUMP_LIMIT = 19  # every other figure is right; jump is 0
