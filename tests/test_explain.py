"""Why nothing matches: the named reasons, and that each of them is a proof."""

import naive
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfsearch.request.query import Query
from rfsearch.space.plain import Space
from rfsearch.why.reasons import obstructions, reasons, why
from rfsearch.why.reasons.residues import possible_strides
from rfsearch.why.reasons.sizes import size_reasons

small_spaces = st.fixed_dictionaries(
    {
        "kernel": st.sets(st.integers(1, 7), min_size=1, max_size=3).map(tuple),
        "stride": st.sets(st.integers(1, 4), min_size=1, max_size=2).map(tuple),
        "padding": st.sampled_from([None, (0,), (0, 1), (1, 2), (0, 2), ("same",), (4,)]),
        "dilation": st.sampled_from([(1,), (2,), (1, 2)]),
        "op": st.sampled_from([("conv",), ("conv",), ("maxpool",), ("conv", "avgpool")]),
        "depth": st.tuples(st.integers(1, 3), st.integers(0, 2)).map(lambda d: (d[0], sum(d))),
        "allow_gaps": st.booleans(),
        "allow_wide_padding": st.just(False),
    }
)
small_queries = st.fixed_dictionaries(
    {
        "input": st.integers(1, 24),
        "low": st.integers(1, 30),
        "width": st.sampled_from([0, 0, 0, 1, 4]),
        "rounding": st.sampled_from(["exact", "exact", "floor", "ceil"]),
        "output": st.sampled_from([None, None, (1, 1), (3, 5), (20, 20)]),
    }
)


def asked(space, question):
    """The same space and query for the package and for the oracle; None where no layer is left."""
    target = (question["low"], question["low"] + question["width"])
    try:
        ours = Space(**space)
    except ValueError:
        return None
    query = Query.of(
        question["input"],
        target,
        rounding=question["rounding"],
        output_size=question["output"],
    )
    theirs = naive.Query(question["input"], target, question["rounding"], question["output"])
    return ours, query, naive.Space(**space, channels=8), theirs


@settings(max_examples=400, deadline=None)
@given(small_spaces, small_queries)
def test_where_a_reason_is_named_a_listing_finds_nothing(space, question):
    both = asked(space, question)
    if both is None:
        return
    ours, query, plain_space, plain_query = both
    named = [*obstructions(ours, query), *size_reasons(ours, query)]
    if named:
        found = naive.count_by_depth(plain_space, plain_query)
        assert not any(found.values()), named


@settings(max_examples=200, deadline=None)
@given(small_spaces, small_queries)
def test_a_stride_that_is_shut_out_stands_in_no_match(space, question):
    both = asked({**space, "depth": (1, 3)}, question)
    if both is None:
        return
    ours, query, plain_space, plain_query = both
    used = {layer.stride for row in naive.matches(plain_space, plain_query) for layer in row.layers}
    assert used <= possible_strides(ours, query)


def test_the_even_difference_and_the_odd_kernels_are_two_reasons():
    space = Space(kernel=(3, 5, 7, 11), stride=(1, 2, 4))
    assert reasons(space, Query.of(227, 224)) == [
        "with odd kernels every RF is odd: every d(k−1) is a multiple of 2, so RF − 1 is one too "
        "and 223 is not; nearest RFs 223 and 225",
        "227 − 224 = 3 is odd, so only stride 1 remains, and 10 layers reach at most RF "
        "1 + 10·10 = 101, not 224",
    ]


def test_the_default_query_is_explained_by_its_numbers():
    lines = why(Space(), Query.of(227, 224), Space().moves)
    assert lines[0] == "227 − 224 = 3 is odd, so strides 2 and 4 can never occur"
    assert lines[1] == "RF 224 is even, so every match has an even kernel"
    assert [line.rpartition("--")[2] for line in lines[2:]] == [
        "allow-gaps",
        "allow-wide-padding",
        "rounding floor",
    ]


@pytest.mark.parametrize(
    ("space", "query", "words"),
    [
        ({"kernel": 1}, (20, 31), "every kernel is 1, so every RF is 1, not 31"),
        ({"kernel": 3, "stride": 1, "depth": (1, 3)}, (20, 9), "3 layers reach at most RF"),
        ({"kernel": 3, "depth": (12, 12)}, (20, 5), "12 layers reach at least RF 25, not 5"),
        ({"kernel": (3, 5), "padding": 0}, (20, 31), "without padding no RF passes 20"),
        ({"kernel": 5, "stride": 1, "padding": 0, "depth": 4}, (9, 17), "no output is left"),
        ({"kernel": (4, 7), "stride": 1}, (40, 6), "no 10 layers of these kernels"),
        ({"kernel": 3, "dilation": 3}, (40, 12), "every d(k−1) is a multiple of 6"),
        ({"kernel": 2, "stride": 2, "padding": 0}, (15, 8), "the jump divides 15 − 8 = 7"),
    ],
)
def test_each_obstruction_is_named_with_its_numbers(space, query, words):
    assert any(words in line for line in reasons(Space(**space), Query.of(*query)))


def test_an_output_size_out_of_reach_is_answered_with_the_nearest():
    lines = reasons(Space(kernel=3, padding=1), Query.of(32, 15, output_size=33))
    assert lines == ["no stack ends in an output of 33; the nearest size is 32"]


def test_choices_in_no_match_are_put_in_one_line_that_repeats_no_stride():
    space, query = Space(kernel=(2, 3, 5), stride=(1, 2, 3)), Query.of(27, 24)
    used = [move for move in space.moves if move.stride != 2 and move.kernel != 5]
    assert not [line for line in why(space, query, space.moves) if "in no match" in line]
    assert "in no match: kernel 5" in why(space, query, used)
    without = [move for move in used if (move.kernel, move.padding) != (3, 1)]
    assert "in no match: kernel 5; 2 choices of a layer: C3P1 and C3S3P1" in why(
        space, query, without
    )


def test_where_no_single_rule_forbids_it_that_is_said():
    space = Space(kernel=(2, 3), stride=(2, 3), padding=1, depth=(1, 2))
    line = "no single rule forbids it"
    assert reasons(space, Query.of(8, 4))[0].startswith(line)
    assert reasons(space, Query.of(8, 4, max_macs=1))[0].endswith("within the budgets")
