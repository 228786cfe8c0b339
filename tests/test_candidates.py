"""rfsearch.candidates: stacks said in words, scored on inputs of any axes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spaces import held

import rfsearch


def test_rows_of_unequal_length_are_stacks_of_unequal_depth():
    made = rfsearch.candidates(
        [[3, 3], [5, 3, 3]],
        op=[["conv", "maxpool"], ["depthwise", "conv", "avgpool"]],
        stride=2,
        channels=[[16, "keep"], ["keep", 32, "keep"]],
        norm=True,
    )
    assert made.stacks().to_list() == ["16C3S2N-MP3S2", "DW5S2N-32C3S2N-AP3S2"]
    assert made.depths.tolist() == [2, 3]
    assert repr(made) == "<Candidates: 2 stacks, depth 2..3, axes 2>"
    assert "<li>16C3S2N-MP3S2</li>" in made._repr_html_()


def test_one_value_one_a_layer_and_arrays_with_depths_are_forms_of_one_thing():
    rows = rfsearch.candidates([[3, 5], [3]], channels=8, bias=False)
    filled = rfsearch.candidates(
        np.array([[3, 5], [3, 1]]), channels=np.full((2, 2), 8), bias=False, depth=np.array([2, 1])
    )
    assert rows.stacks().to_list() == filled.stacks().to_list() == ["8C3B0-8C5B0", "8C3B0"]
    assert rfsearch.candidates([3, 5], channels=8).stacks().to_list() == ["8C3-8C5"]
    assert rfsearch.candidates(3, channels=8, depth=[1, 2]).stacks().to_list() == ["8C3", "8C3-8C3"]


layers = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["conv", "conv", "depthwise", "maxpool", "avgpool"]),
        "kernel": st.tuples(st.integers(2, 4), st.integers(2, 5)),
        "stride": st.tuples(st.integers(1, 2), st.integers(1, 3)),
        "padding": st.one_of(st.just("same"), st.tuples(st.integers(0, 1), st.integers(0, 1))),
        "dilation": st.tuples(st.integers(1, 2), st.integers(1, 2)),
        "channels": st.sampled_from(["keep", 4, 6]),
        "groups": st.integers(1, 2),
        "norm": st.booleans(),
        "bias": st.booleans(),
        "ceil": st.booleans(),
    }
)
PER_AXIS = ("kernel", "stride", "padding", "dilation")


def fields(stacks):
    """The keywords of candidates for stacks given layer by layer."""

    def said(layer, name):
        value = layer[name]
        if name == "dilation" and layer["op"].endswith("pool"):
            return 1
        return "x".join(map(str, value)) if isinstance(value, tuple) else value

    return {
        name: [[said(layer, name) for layer in stack] for stack in stacks] for name in layers_of
    }


layers_of = ("op", *PER_AXIS, "channels", "groups", "norm", "bias", "ceil")


@held
@given(
    stacks=st.lists(st.lists(layers, min_size=1, max_size=4), min_size=1, max_size=4),
    sizes=st.tuples(st.integers(4, 30), st.integers(4, 30)),
)
def test_figures_on_two_axes_are_those_of_the_described_network(stacks, sizes):
    """Each candidate's notation, described by itself, has the same figures or is refused, too."""
    made = rfsearch.candidates(**fields(stacks))
    frame = rfsearch.evaluate(made, input=sizes, input_channels=2, notation=True)
    again = rfsearch.evaluate(frame["stack"], input=list(sizes), input_channels=2)
    assert again.equals(frame)
    for row in frame.to_dicts():
        try:
            net = rfsearch.parse(row["stack"], sizes, 2)
        except rfsearch.UsageError:
            assert row["valid"] is not None and row["rf"] is None
            continue
        if row["valid"] is not None:  # a depthwise layer's width, which only bulk has a word for
            assert "groups" in row["valid"]
            continue
        for name in ("output_size", "rf", "jump", "centre", "padding_total"):
            value = getattr(net, name)
            wide = value if isinstance(value, tuple) else (value, value)
            said = row[name] if isinstance(row[name], list) else [row[name]] * 2
            assert [float(one) for one in wide] == [float(one) for one in said], name
        for name in ("params", "macs", "activations", "memory", "peak_memory", "depth"):
            assert row[name] == net.totals[name], name
        assert row["erf_variance"] == pytest.approx(net.scores["erf_variance"], rel=1e-12)


def test_square_stacks_have_the_same_rows_by_the_kernel_and_axis_by_axis():
    made = rfsearch.candidates(
        [[3, 2, 11], [3, 5, 3], [2, 2, 40]], op=["conv", "maxpool", "conv"], stride=2, padding=0
    )
    by_kernel = rfsearch.evaluate(made, input=30)
    tall = rfsearch.evaluate(made, input=(30, 60))
    assert by_kernel["valid"].is_null().to_list() == [False, True, False]
    assert tall["valid"][0] == f"{by_kernel['valid'][0]} on axis 1"
    assert tall["params"][1] == by_kernel["params"][1]
    assert [row[0] for row in tall["output_size"].drop_nulls()] == [by_kernel["output_size"][1]]


def test_one_axis_and_three():
    macs = 3981 * 80 * 3 * 3 + 3979 * 3 * 3 * 3
    sound = rfsearch.evaluate(rfsearch.candidates([80, 3], stride=[4, 1], axes=1), "1d:16000")
    assert (sound["rf"][0], sound["output_size"][0], sound["macs"][0]) == (88, 3979, macs)
    solid = rfsearch.evaluate(rfsearch.candidates("3x1x1", channels=8, axes=3), 16)
    assert solid["rf"].to_list() == [[3, 1, 1]] and solid["params"][0] == 3 * 3 * 8 + 8


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"kernel": 3, "op": "pool"}, "op[0][0]: 'pool' is not one of conv, depthwise, maxpool"),
        ({"kernel": "3x3x3"}, "kernel[0][0]: '3x3x3' is not a number for each of 2 axes"),
        ({"kernel": [[3], [3, 2.5]]}, "kernel[1][1]: 2.5 is not a whole number"),
        ({"kernel": 3, "channels": 0}, "channels[0][0]: 0 is no width; keep is that of the input"),
        ({"kernel": [[3, 3]], "stride": [2]}, "stride: 1 values for a stack of 2 layers"),
        ({"kernel": [[3], [3]], "stride": [[2]]}, "stride: 1 rows, and another field has 2"),
        ({"kernel": [[3], 3]}, "kernel[1]: 3 is not a row of layers"),
        ({"kernel": 3, "norm": 1}, "norm[0][0]: 1 is neither True nor False"),
        ({"kernel": 3, "axes": 4}, "axes: 4 is not 1, 2 or 3"),
        ({"kernel": 3, "depth": -1}, "depth: -1 of stack 0 is not ≥ 0"),
        ({"kernel": 2**40}, "kernel: 1099511627776 does not fit 32 bits"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(given, error):
    with pytest.raises(rfsearch.UsageError) as caught:
        rfsearch.candidates(**given)
    assert str(caught.value).startswith(error)


def test_the_first_screen_of_help_suffices():
    """Its examples are what they say."""
    text = rfsearch.candidates.__doc__
    two = rfsearch.candidates([[3, 3], [5, 3, 3]], stride=2, channels=[[16, 32], [16, 32, 64]])
    assert rfsearch.evaluate(two, input=96)["rf"].to_list() == [7, 17]
    assert "# 7, 17" in text and len(text.splitlines()) <= 35
