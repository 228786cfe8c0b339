"""evaluate, held against the oracle one candidate at a time."""

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from spaces import columns, held, held_longer, spaces

import rfsearch
from rfsearch.network.bulk.layers import Op

OP_CODES = {"conv": Op.CONV, "maxpool": Op.MAXPOOL, "avgpool": Op.AVGPOOL}


def scored(row):
    """The oracle's columns that evaluate has: all but what only searches have."""
    return {
        name: figure
        for name, figure in columns(row).items()
        if name not in ("rf_min", "weight_memory", "entropy")
    }


@held_longer
@given(
    space=spaces(),
    size=st.integers(1, 30),
    rounding=st.sampled_from(("exact", "floor", "ceil")),
    bytes_per_value=st.sampled_from((1, 2, 4)),
)
def test_every_stack_of_a_space_has_the_listed_figures(space, size, rounding, bytes_per_value):
    """Notations of all valid stacks of a small space give every column of the listing."""
    query = naive.Query(size, (1, 1 << 30), rounding, bytes_per_value=bytes_per_value)
    rows = naive.matches(space, query)
    frame = rfsearch.evaluate(
        [row.stack for row in rows],
        size,
        input_channels=space.input_channels,
        rounding=rounding,
        bytes_per_value=bytes_per_value,
    )
    assert frame.to_dicts() == [{**scored(row), "valid": None} for row in rows]


layer_numbers = st.fixed_dictionaries(
    {
        "op": st.sampled_from([0, 1, 1, 1, 3, 4]),
        "kernel": st.integers(2, 6),
        "stride": st.integers(1, 4),
        "padding": st.integers(-1, 3),
        "dilation": st.integers(1, 2),
        "channels": st.integers(0, 5),
    }
)


def listed(numbers, rounding, size, input_channels=3):
    """The oracle's row of one candidate given as dictionaries of codes; None where invalid."""
    row = naive.input_only(size, input_channels, 4)
    names = {int(code): op for op, code in OP_CODES.items()}
    for layer in numbers:
        if layer["op"] == 0:
            continue
        op = names[layer["op"]]
        row = naive.append(
            row,
            naive.Layer(
                op,
                layer["kernel"],
                layer["stride"],
                "same" if layer["padding"] == -1 else layer["padding"],
                layer["dilation"] if op == "conv" else 1,
                layer["channels"] or row.channels,
            ),
            rounding,
        )
        if row is None:
            return None
    return row if row.layers else None


@held_longer
@given(
    candidates=st.lists(st.lists(layer_numbers, min_size=3, max_size=3), min_size=1, max_size=30),
    rounding=st.sampled_from(("exact", "floor", "ceil")),
    size=st.integers(1, 40),
    dtype=st.sampled_from([np.int8, np.uint16, np.int32, np.int64]),
)
def test_arrays_agree_with_the_oracle_valid_or_not(candidates, rounding, size, dtype):
    """Arrays of any integer type: the same figures, and invalid just where the oracle says so."""
    for layer in (layer for candidate in candidates for layer in candidate):
        if layer["op"] in (3, 4):
            layer["dilation"] = 1
        if dtype is np.uint16:
            layer["padding"] = max(layer["padding"], 0)
    arrays = {
        name: np.array([[layer[name] for layer in row] for row in candidates], dtype=dtype)
        for name in candidates[0][0]
    }
    frame = rfsearch.evaluate(arrays, size, rounding=rounding)
    for numbers, row in zip(candidates, frame.to_dicts(), strict=True):
        wanted = listed(numbers, rounding, size)
        assert (row["valid"] is None) == (wanted is not None)
        if wanted is not None:
            figures = scored(wanted)
            del figures["stack"]
            assert row == {**figures, "valid": None}
        else:
            assert {value for name, value in row.items() if name != "valid"} == {None}


def test_no_candidates_give_an_empty_frame_of_the_same_columns():
    """Zero rows, in either form."""
    full = rfsearch.evaluate(["64C3"], 9)
    assert rfsearch.evaluate([], 9).schema == full.schema
    assert (
        rfsearch.evaluate({"kernel": np.zeros((0, 4), int)}, 9).schema == full.drop("stack").schema
    )


@held
@given(space=spaces(), rounding=st.sampled_from(("exact", "floor", "ceil")))
def test_notation_and_arrays_are_two_forms_of_one_thing(space, rounding):
    """Arrays written out as notations and read again give the same frame."""
    layers = naive.layers_without_channels(space, rounding)[:20]
    arrays = {
        "op": [[OP_CODES[a.op], OP_CODES[b.op]] for a in layers for b in layers],
        "kernel": [[a.kernel, b.kernel] for a in layers for b in layers],
        "stride": [[a.stride, b.stride] for a in layers for b in layers],
        "padding": [
            [-1 if one.padding == "same" else one.padding for one in (a, b)]
            for a in layers
            for b in layers
        ],
        "dilation": [[a.dilation, b.dilation] for a in layers for b in layers],
        "channels": 6,
        "learned": 2,
    }
    frame = rfsearch.evaluate(arrays, 20, rounding=rounding, notation=True)
    again = rfsearch.evaluate(frame["stack"], 20, rounding=rounding)
    assert again.equals(frame)
    assert frame.drop("stack").equals(rfsearch.evaluate(arrays, 20, rounding=rounding))


def test_the_answer_does_not_depend_on_threads_nor_on_the_place_in_the_batch():
    """Many pieces on one and on two threads; the first rows alone give the same."""
    random = np.random.default_rng(5)
    arrays = {
        "op": random.integers(0, 5, (40_000, 5)),
        "kernel": random.integers(1, 6, (40_000, 5)),
        "stride": random.integers(1, 3, (40_000, 5)),
        "channels": random.integers(0, 9, (40_000, 5)),
    }
    one = rfsearch.evaluate(arrays, 60, threads=1)
    assert one.equals(rfsearch.evaluate(arrays, 60, threads=2))
    head = {name: array[:77] for name, array in arrays.items()}
    assert one.head(77).equals(rfsearch.evaluate(head, 60))
    read_only = arrays["kernel"][:, ::-1].copy()
    read_only.flags.writeable = False
    flipped = {name: array[:, ::-1] for name, array in arrays.items()}
    assert rfsearch.evaluate(flipped, 60).equals(
        rfsearch.evaluate({**flipped, "kernel": read_only}, 60)
    )
