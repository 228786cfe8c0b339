"""What evaluate says of candidates that are not valid, and of calls that make no sense."""

import numpy as np
import polars as pl
import pytest

import rfsearch

REASONS = [
    ({"kernel": [[3, 11]]}, 9, "exact", "layer 2: window 11 over 7 padded pixels"),
    (
        {"kernel": [[1, 11]], "stride": [[1, 5]]},
        228,
        "exact",
        "layer 2: remainder 2 of (228 - 11) / 5",
    ),
    (
        {"kernel": [[2]], "stride": [[4]], "padding": -1},
        4,
        "exact",
        "layer 1: same padding drops 2 of 4 pixels",
    ),
    ({"kernel": [[3, 0]]}, 9, "floor", "layer 2: kernel 0 is not in 1..65536"),
    ({"kernel": [[3]], "stride": 0}, 9, "floor", "layer 1: stride 0 is not in 1..65536"),
    (
        {"kernel": [[3]], "padding": -2},
        9,
        "floor",
        "layer 1: padding -2 is neither in 0..65536 nor -1 for same",
    ),
    ({"kernel": [[3]], "dilation": -1}, 9, "floor", "layer 1: dilation -1 is not in 1..65536"),
    ({"kernel": [[3]], "channels": -1}, 9, "floor", "layer 1: channels -1 is not in 0..1048576"),
    ({"kernel": [[3]], "op": 7}, 9, "floor", "layer 1: op 7 is not in 0..4"),
    ({"kernel": [[3]], "learned": 4}, 9, "floor", "layer 1: learned 4 is not in 0..3"),
    ({"kernel": [[1]], "op": 3}, 9, "floor", "layer 1: kernel 1 of a pool is not ≥ 2"),
    (
        {"kernel": [[2]], "op": 4, "dilation": 2},
        9,
        "floor",
        "layer 1: dilation 2 of a pool is not 1",
    ),
    (
        {"kernel": [[3]], "groups": 2, "channels": 4},
        9,
        "floor",
        "layer 1: groups 2 do not divide channels 3 and 4",
    ),
    (
        {"kernel": [[3]], "groups": 0},
        9,
        "floor",
        "layer 1: groups 0 do not divide channels 3 and 3",
    ),
    ({"kernel": [[3, 3]], "op": 0}, 9, "floor", "no layers"),
]


@pytest.mark.parametrize("arrays, size, rounding, reason", REASONS, ids=[r[3] for r in REASONS])
def test_the_reason_names_the_layer_and_the_numbers(arrays, size, rounding, reason):
    """An invalid candidate has no figures, and says why not; its valid neighbours are not hurt."""
    shape = np.shape(arrays["kernel"])
    good = {name: np.broadcast_to(value, shape) for name, value in arrays.items()}
    harmless = {"op": 1, "kernel": 1, "stride": 1, "dilation": 1, "groups": 1, "learned": 1}
    both = {
        name: np.concatenate([np.full(shape, harmless.get(name, 0)), values])
        for name, values in good.items()
    }
    frame = rfsearch.evaluate(both, size, rounding=rounding)
    assert frame["valid"].to_list() == [None, reason]
    assert frame["rf"].to_list() == [1, None]


BAD_CALLS = [
    (
        lambda: rfsearch.evaluate({"kernal": 3}, 9),
        "kernal: not a known array of layers; did you mean kernel?",
    ),
    (lambda: rfsearch.evaluate({"stride": 3}, 9), "kernel: missing; it alone has no default"),
    (
        lambda: rfsearch.evaluate({"kernel": [[1.5]]}, 9),
        "kernel: numbers of type float64 are not whole numbers",
    ),
    (
        lambda: rfsearch.evaluate({"kernel": float("nan")}, 9),
        "kernel: numbers of type float64 are not whole numbers",
    ),
    (
        lambda: rfsearch.evaluate({"kernel": [[True]]}, 9),
        "kernel: numbers of type bool are not whole numbers",
    ),
    (
        lambda: rfsearch.evaluate({"kernel": [3, 3]}, 9),
        "kernel: shape (2,) is not (candidates, layers)",
    ),
    (
        lambda: rfsearch.evaluate({"kernel": [[3, 3], [3]]}, 9),
        "kernel: the rows are of unequal length; fill up with op 0",
    ),
    (
        lambda: rfsearch.evaluate({"kernel": [[3, 3]], "stride": [[1], [1]]}, 9),
        "stride: shape (2, 1) differs from (1, 2) of the others",
    ),
    (
        lambda: rfsearch.evaluate({"kernel": [[3, 2**40]]}, 9),
        "kernel[0, 1]: 1099511627776 does not fit 32 bits",
    ),
    (lambda: rfsearch.evaluate(["C3"], 0), "input: 0 is not in 1..65536"),
    (lambda: rfsearch.evaluate(["C3"], 70_000), "input: 70000 is not in 1..65536"),
    (lambda: rfsearch.evaluate(["C3"], 2.5), "input: 2.5 is not a whole number"),
    (
        lambda: rfsearch.evaluate(["C3"], 9, rounding="up"),
        "rounding: 'up' is not one of exact, floor, ceil",
    ),
    (lambda: rfsearch.evaluate(["C3"], 9, threads=0), "threads: 0 is not in 1..1024"),
    (
        lambda: rfsearch.evaluate(["C3"], 9, input_channels=0),
        "input_channels: 0 is not in 1..1048576",
    ),
    (
        lambda: rfsearch.evaluate(["C3", 5], 9),
        "stacks[1]: 5 is not a notation such as 64C3P1-MP2S2",
    ),
    (lambda: rfsearch.evaluate(5, 9), "stacks: int is neither notations nor a mapping of arrays"),
    (lambda: rfsearch.evaluate(pl.Series([5]), 9), "stacks: a series of Int64 holds no notations"),
    (lambda: rfsearch.evaluate(pl.Series(["C3", None]), 9), "stacks[1]: null is not a notation"),
    (
        lambda: rfsearch.evaluate(["C3", "R(C3)"], 9),
        "stacks[1]: blocks are not scored in bulk; rfsearch.parse reads them",
    ),
]


@pytest.mark.parametrize("call, message", BAD_CALLS, ids=[bad[1] for bad in BAD_CALLS])
def test_what_cannot_be_evaluated_is_a_usage_error(call, message):
    """One line: the place, the value, what is right."""
    with pytest.raises(rfsearch.UsageError) as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize("bad", ["64Q3", "64C3--64C3", "", "GAP", "10FC", "64C3x5", "64C3P1:0"])
def test_a_notation_that_cannot_be_scored_names_its_stack(bad):
    """The number of the stack, and what is wrong with it."""
    with pytest.raises(rfsearch.UsageError, match=r"^stacks\[2\]: [^\n]+$"):
        rfsearch.evaluate(["64C3", "MP2", bad, "64C3"], 30)


def test_as_many_reasons_as_candidates():
    """Where no two candidates share a reason each has its own, with one thread and with two."""
    strides = np.arange(2, 20_002)
    kernels = np.full((20_000, 1), 1)
    arrays = {"kernel": kernels, "stride": strides[:, None], "channels": 1}
    remainders = 65_535 % strides
    for threads in (1, 2):
        frame = rfsearch.evaluate(arrays, 65_536, rounding="exact", threads=threads)
        assert frame["valid"].to_list() == [
            f"layer 1: remainder {left} of (65536 - 1) / {stride}" if left else None
            for left, stride in zip(remainders, strides, strict=True)
        ]
