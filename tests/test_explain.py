"""Why nothing matches: the named reasons, and that each of them is a proof."""

import re
from dataclasses import replace
from itertools import product

import naive
import naive_notation as notation
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from like_questions import questions as neighbourhood_questions
from staged_spaces import Question, held, questions

from rfsearch.question.found import Found
from rfsearch.request.query import Query, size_text
from rfsearch.request.running import MEMORY_LIMIT
from rfsearch.space.space import Space
from rfsearch.why import reasons as explained
from rfsearch.why.reasons import proved, why
from rfsearch.why.reasons.axis import axes_of
from rfsearch.why.reasons.residues import possible_strides

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
        2,
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
    named = proved(ours, query)
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
    ((_, _, axis),) = axes_of(ours, query)
    assert used <= possible_strides(axis)


def reasons(space, query):
    """Why nothing matches."""
    return explained.reasons(space, query, MEMORY_LIMIT)


def test_the_even_difference_and_the_odd_kernels_are_two_reasons():
    space = Space(kernel=(3, 5, 7, 11), stride=(1, 2, 4))
    assert reasons(space, Query.of(2, 227, 224)) == [
        "with odd kernels every RF is odd: every d(k−1) is a multiple of 2, so RF − 1 is one too "
        "and 223 is not; nearest RFs 223 and 225",
        "227 − 224 = 3 is odd, so only stride 1 remains, and 10 layers reach at most RF "
        "1 + 10·10 = 101, not 224",
    ]


def test_the_default_query_is_explained_by_its_numbers():
    space, query = Space(), Query.of(2, 227, 224)
    lines = why(space, query, Found._build(space, query))
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
    assert any(words in line for line in reasons(Space(**space), Query.of(2, *query)))


def test_an_output_size_out_of_reach_is_answered_with_the_nearest():
    lines = reasons(Space(kernel=3, padding=1), Query.of(2, 32, 15, output_size=33))
    assert lines == ["no stack ends in an output of 33; the nearest size is 32"]


def windows(found):
    """The numbers of links and the window that each adds."""
    links = found.automaton.spots.links
    return {n: links[n].stack[0] for n in range(len(links)) if links[n].stack}


def test_choices_in_no_match_are_put_in_one_line_that_repeats_no_stride(monkeypatch):
    space, query = Space(kernel=(2, 3, 5), stride=(1, 2, 3)), Query.of(2, 27, 24)
    found = Found._build(space, query)

    def told(*, without):
        used = [n for n, layer in windows(found).items() if not without(layer)]
        monkeypatch.setattr(Found, "_links_used", lambda self: np.array(used))
        return why(space, query, found)

    assert not [line for line in told(without=lambda one: False) if "in no match" in line]
    gone = told(without=lambda one: one.stride == 2 or one.kernel == 5)
    assert "in no match: kernel 5" in gone
    assert "in no match: kernel 5; 2 choices of a layer: C3P1 and C3S3P1" in told(
        without=lambda one: (
            one.stride == 2 or one.kernel == 5 or (one.kernel, one.padding) == (3, 1)
        )
    )


def test_where_no_single_rule_forbids_it_that_is_said():
    space = Space(kernel=(2, 3), stride=(2, 3), padding=1, depth=(1, 2))
    line = "no single rule forbids it"
    assert reasons(space, Query.of(2, 8, 4))[0].startswith(line)
    assert reasons(space, Query.of(2, 8, 4, max_macs=1))[0].endswith("within the budgets")


# Staged spaces, on several axes, with several inputs


@held
@given(questions(budgets=False))
def test_where_a_reason_is_named_a_listing_of_stages_finds_nothing(question):
    for moved in (0, 1, 3, 40):
        asked = further(question, moved)
        named = proved(asked.staged, package_query(asked))
        assert not (named and asked.matches), named


@held
@given(questions())
def test_what_stands_in_no_match_of_stages_stands_in_none_that_is_listed(question):
    query = package_query(question)
    found = Found._build(question.staged, query)
    items = [item for row in question.matches for item in row.body]
    items = [*items, *notation.layers_of(items)]
    inputs = {row.input for row in question.matches}
    for line in why(question.staged, query, found) if question.matches else ():
        if line.startswith("no match has input "):
            assert not inputs & {sizes for sizes in query.inputs if size_text(sizes) in words(line)}
        for field, values in named_values(line):
            assert not {shown(item, field) for item in items} & values, line
        for axis, field, values in never_on_an_axis(line, question.space.axes):
            used = {
                notation.spread(getattr(one, field), question.space.axes)[axis]
                for one in items
                if isinstance(one, notation.Layer) and one.op != "SE"
            }
            assert not used & values, line


def test_a_gate_of_a_block_that_stands_in_no_match_is_named_by_its_letters():
    block = {"gated": {"stack": ["SE1B0-{c}C5P2", "{c}C3P1-{c}C1"], "c": 4}}
    space = Space(stages=[{"block": "gated"}], block=block, input_channels=4)
    query = Query.of(2, 9, 3)
    assert "in no match: op SE; kernel 5" in why(space, query, Found._build(space, query))


def package_query(question):
    """The package's query of a listed question, as its search would make it."""
    space = question.staged
    with pytest.MonkeyPatch.context() as patch:
        said = {}
        patch.setattr(type(space), "search", lambda self, *a, **k: said.update(query=(a, k)))
        question.search()
    (inputs, target), rest = said["query"]
    return Query.of(space.axes, inputs, target, **rest)


def further(question, pixels):
    """The same question with its target so many pixels further; a point where there is none."""
    asked = question.query.target or ((1, 1),) * question.space.axes
    moved = tuple((low and low + pixels, high and high + pixels) for low, high in asked)
    other = Question(question.space, replace(question.query, target=moved))
    vars(other)["rows"] = question.rows
    return other


OPS = {"C": "conv", "DW": "depthwise", "MP": "maxpool", "AP": "avgpool"}


def named_values(line):
    """(field, its values) of a line on what stands in no match."""
    lead, _, rest = line.partition("in no match: ")
    for part in rest.split("; ") if not lead and rest else ():
        field, _, values = part.partition(" ")
        if field in ("op", "stride", "kernel", "dilation", "padding", "channels", "groups"):
            yield field, words(values)
        elif " of a layer" in part:
            yield "window", words(part.partition("such as ")[2] or part.partition(": ")[2])
        elif " of a block" in part:
            yield "block", words(part.partition("such as ")[2] or part.partition(": ")[2])


def never_on_an_axis(line, axes):
    """(axis, field, numbers) of a line on numbers that the arithmetic shuts out."""
    named = re.match(r"axis (\d): ", line)
    on = [int(named[1]) - 1] if named else range(axes)
    if found := re.search(r"strides? ([\d, and]+) can never occur", line):
        yield from ((axis, "stride", set(map(int, words(found[1])))) for axis in on)
    if found := re.search(r"kernel (\d+) alone", line):
        yield from ((axis, "kernel", {int(found[1])}) for axis in on)


def words(text):
    return set(re.split(", | and ", text.removeprefix("no match has input ")))


def shown(item, field):
    """A field of a listed layer as the lines write it."""
    if field == "block":
        return notation.write((item,))
    if not isinstance(item, notation.Layer):
        return None
    if field == "window":
        return notation.write(
            (replace(item, channels=None, groups=1, norm="", bias=True, ceil=False),)
        )
    value = getattr(item, field)
    if field == "op":
        return OPS.get(value, value)
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


@held
@given(neighbourhood_questions())
def test_where_a_reason_is_named_a_listing_of_a_neighbourhood_finds_nothing(question):
    found = question.search()
    listed = replace(question, query=replace(question.query, target=None))
    fields = {row.fields for row in listed.matches}
    for low, more in product(range(1, 40), (0, 3)):
        target = ((low, low + more),) * question.near.axes
        if named := proved(found.space, replace(found.query, target_rf=target)):
            within = (all(low <= rf <= low + more for rf in one) for one in fields)
            assert not any(within), named
