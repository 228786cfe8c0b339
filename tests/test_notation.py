"""The notation reads, prints and round-trips, and its errors point at the character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfsearch.errors import UsageError
from rfsearch.layers.layer import SAME, Block, Layer, stack_order
from rfsearch.layers.notation import LAYER_LIMIT, format_stack, parse_stack

ALEXNET = "96C11S4-MP3S2-256C5P2-MP3S2-384C3P1-384C3P1-256C3P1-MP3S2"

AXES = st.integers(1, 9) | st.tuples(st.just(3), st.integers(4, 9))
PADDINGS = (
    st.integers(0, 5)
    | st.just(SAME)
    | st.just(((1, 0),))
    | st.tuples(st.just((1, 2)), st.tuples(st.integers(0, 3), st.integers(3, 5)))
)
LEARNED = st.sampled_from([("", True), ("", False), ("N", False), ("N", True), ("L", False)])


@st.composite
def layers(draw):
    op = draw(st.sampled_from(["C", "DW", "T", "MP", "AP", "GAP", "FC", "UP", "SE", "SUB", "LN"]))
    if op in ("GAP", "LN"):
        return Layer(op)
    if op in ("UP", "SE", "SUB"):
        return Layer(op, kernel=draw(st.integers(2, 9)))
    if op in ("MP", "AP"):
        kernel = draw(st.integers(2, 9))
        return Layer(op, kernel, draw(AXES), draw(PADDINGS), ceil=draw(st.booleans()))
    norm, bias = draw(LEARNED)
    channels = draw(st.integers(1, 512))
    if op == "FC":
        return Layer(op, channels=channels, norm=norm, bias=bias)
    kernel = draw(AXES)
    dilation = 1 if kernel == 1 else draw(AXES)
    groups = 1 if op == "DW" else draw(st.sampled_from([1, 2]))
    return Layer(
        op,
        kernel,
        draw(AXES),
        draw(PADDINGS),
        dilation,
        draw(st.none() | st.just(channels)),
        groups,
        norm=norm,
        bias=bias,
    )


def blocks(items):
    stack = st.lists(items, min_size=1, max_size=3).map(tuple)
    one = st.builds(Block, st.sampled_from("RIA"), st.tuples(stack))
    many = st.builds(Block, st.sampled_from("|+*"), st.tuples(stack, st.just(()) | stack))
    return one | many


STACKS = st.lists(st.recursive(layers(), blocks, max_leaves=8), min_size=1, max_size=6).map(tuple)


@given(STACKS)
def test_every_stack_reads_back_from_its_printed_form(stack):
    assert parse_stack(format_stack(stack)) == stack


@given(STACKS, STACKS)
def test_any_two_stacks_are_ordered_and_only_equal_ones_tie(one, other):
    assert (stack_order(one) < stack_order(other)) or stack_order(one) >= stack_order(other)
    assert (stack_order(one) == stack_order(other)) == (one == other)


def test_alexnet_is_eight_layers_with_the_numbers_written():
    stack = parse_stack(ALEXNET)
    assert len(stack) == 8
    assert stack[0] == Layer("C", kernel=11, stride=4, channels=96)
    assert stack[1] == Layer("MP", kernel=3, stride=2)
    assert format_stack(stack) == ALEXNET


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("(64C3P1)x2", "64C3P1-64C3P1"),
        ("((64C3)x2-MP2)x2", "64C3-64C3-MP2-64C3-64C3-MP2"),
        ("R(8C3P1N)x2", "R(8C3P1N)-R(8C3P1N)"),
        ("64C3D1S1P0G1", "64C3"),
        ("C3x3", "C3"),
        ("C3x7S1x2P1x3", "C3x7S1x2P1x3"),
        ("C3P1:0", "C3P1:0"),
        ("C3P1:1", "C3P1"),
        ("C3P1:0x2", "C3P1:0x2"),
        ("C3Ps", "C3Ps"),
        ("C3NB0", "C3N"),
        ("C3B1", "C3"),
        (" 64C3 - \n ( 64C1 | ID ) ", "64C3-(64C1|ID)"),
        ("(R(C3P1))x1", "R(C3P1)"),
    ],
)
def test_what_is_written_in_other_ways_prints_in_one_form(text, printed):
    assert format_stack(parse_stack(text)) == printed


def test_the_order_of_stacks_is_op_kernel_stride_padding_dilation_channels_groups_suffixes():
    ordered = [
        "C1",
        "C1-C1",
        "C3",
        "C3B0",
        "C3N",
        "C3G2",
        "8C3",
        "C3D2",
        "C3P1",
        "C3Ps",
        "C3S2",
        "C5",
        "DW3",
        "MP2",
        "AP2",
        "GAP",
        "8FC",
        "R(C1)",
        "I(C1)",
    ]
    assert sorted(ordered, key=lambda text: stack_order(parse_stack(text))) == ordered


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "at the end", "a layer expected"),
        ("64C3-", "at the end", "a layer expected"),
        ("64C", "at the end", "kernel expected"),
        ("64C3Q", "character 5 ('Q'", "'-' and a layer"),
        ("64C3-0C3", "character 6 ('0'", "channels: 0 is not ≥ 1"),
        ("C0", "character 2 ('0'", "kernel: 0 is not ≥ 1"),
        ("C3S0", "character 4 ('0'", "stride: 0 is not ≥ 1"),
        ("C3P-1", "character 4 ('-'", "padding expected"),
        ("C3D0", "character 4 ('0'", "dilation: 0 is not ≥ 1"),
        ("C3S2S2", "character 5 ('S'", "stride given twice"),
        ("MP3G2", "character 4 ('G'", "MP has no groups"),
        ("MP3D2", "character 4 ('D'", "MP has no dilation"),
        ("C3-MP1", "character 4 ('M'", "kernel is ≥ 2"),
        ("C1D2", "character 1 ('C'", "dilation 1"),
        ("64MP2", "character 1 ('6'", "no channels"),
        ("FC", "character 1 ('F'", "needs its channels"),
        ("MP3N", "character 4 ('N'", "no suffix N"),
        ("C3U", "character 3 ('U'", "no suffix U"),
        ("C3NL", "character 4 ('L'", "both norms"),
        ("C3x3x3x3", "character 8 ('3'", "more than 3 axes"),
        ("(C3", "character 1 ('('", "never closed"),
        ("C3)", "character 3 (')'", "'-' and a layer"),
        ("(C1|C1+C1)", "character 7 ('+'", "joins its branches one way"),
        ("R(C1|C1)", "character 8 (')'", "one branch"),
        ("(ID|ID)", "character 2 ('I'", "every branch is ID"),
        ("(C3)x0", "character 6 ('0'", "repetitions: 0"),
        ("C2000000000", "character 2 ('2'", "is not ≤ 1,000,000,000"),
        ("C" + "9" * 5000, "character 2 ('9'", "5000 digits"),
        ("(" * 5000, "character 62", "60 deep"),
        ("conv3", "character 1 ('c'", "a layer expected"),
        ("C3½", "character 3 ('½'", "'-' and a layer"),
    ],
)
def test_an_error_is_one_line_that_points_at_the_character(text, place, reason):
    with pytest.raises(UsageError) as raised:
        parse_stack(text)
    message = str(raised.value)
    assert place in message
    assert reason in message
    assert "\n" not in message
    assert len(message) < 300


def test_a_bomb_of_repetitions_is_refused_before_it_is_written_out():
    bomb = "C1"
    for _ in range(30):
        bomb = f"({bomb})x1000"
    with pytest.raises(UsageError, match=f"more than {LAYER_LIMIT:,}"):
        parse_stack(bomb)


def test_a_stack_at_the_limit_is_read():
    assert len(parse_stack(f"(C1)x{LAYER_LIMIT}")) == LAYER_LIMIT
