"""The schema of every frame is the question's: a column has one type whatever was found."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import pytest

import rfsearch

RECTANGULAR = {"kernel": ["3x5", 3], "stride": [1], "depth": (1, 3), "channels": 4}
SQUARE = {"kernel": [3, 5], "stride": [1, 2], "depth": (1, 3), "channels": 4}


@dataclass(frozen=True)
class Form:
    """A space, an input, and questions by how much they find."""

    ask: Callable[..., rfsearch.Found]
    targets: dict[str, object]

    def found(self, much: str) -> rfsearch.Found:
        return self.ask(self.targets[much])


def space(**choices):
    return lambda input: lambda target: rfsearch.Space(**choices).search(input, target)


FORMS = {
    "square": Form(space(**SQUARE)(9), {"none": 8, "one": 15, "some": 7}),
    "several inputs": Form(space(**SQUARE)([9, 11]), {"none": 8, "one": 19, "some": 7}),
    "several unequal inputs": Form(
        space(**SQUARE)(["9x11", 11]), {"none": 8, "few": 29, "some": 7}
    ),
    "kernels not square": Form(
        space(**RECTANGULAR)(9), {"none": 8, "one": "3x5", "agreeing": 7, "some": "3..7"}
    ),
    "inputs not square": Form(space(**SQUARE)("9x11"), {"none": 8, "agreeing": 7, "some": "3..9"}),
    "targets not alike": Form(space(**SQUARE)(9), {"none": "3x8", "agreeing": "3..5x5..7"}),
    "like one": Form(
        lambda target: rfsearch.like("4C3P1-8C3S2-8C3", 17, target, 1), {"none": 1, "some": 7}
    ),
    "like one of other axes": Form(
        lambda target: rfsearch.like("4C3x5P1-8C3S2-8C3", 17, target, 1),
        {"none": 1, "agreeing": "7..9x7..9"},
    ),
    "finer than its input": Form(
        lambda size: rfsearch.Space(
            stages=[{"op": ["transposed", "conv"], "kernel": [3, 4], "stride": [1, 2],
                     "channels": 4, "repeat": "1..2"}]
        ).search(4, output_size=size),
        {"none": 40, "some": 8},
    ),
}  # fmt: skip
CASES = [(form, much) for form, one in FORMS.items() for much in one.targets if much != "none"]


def frames(found):
    """Every frame of what was found."""
    made = {
        "top": found.top(3, distinct="none"),
        "one": found.top(1, distinct="none"),
        "costs": found.top(3, distinct="costs"),
        "front": found.front(),
        "sample": found.sample(2),
        "in time": found.top_in_time(60, 3, distinct="none").frame,
        "reach": found.reach(),
        "items": found.items(),
    }
    if found.default_distinct == "family":
        made["families"] = found.top(3)
    return made


@pytest.mark.parametrize(("form", "much"), CASES)
def test_a_column_has_one_type_whatever_was_found(form, much):
    none, some = (frames(FORMS[form].found(one)) for one in ("none", much))
    assert not len(none["top"]) and len(some["top"])
    for name, frame in some.items():
        assert frame.schema == none[name].schema, name


@pytest.mark.parametrize("form", [name for name, one in FORMS.items() if "agreeing" in one.targets])
def test_figures_of_axes_that_are_told_apart_are_lists_where_they_agree(form):
    frame = FORMS[form].found("agreeing").top(100, distinct="none")
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    assert {"output_size", "rf", "rf_min", "jump", "centre", "padding_total"} <= set(lists)
    assert any(len(set(row)) == 1 for row in frame["rf"].to_list())


@pytest.mark.parametrize(("form", "input"), [("square", 9), ("unequal", "9x11")])
def test_a_ladder_has_the_columns_of_its_space_without_a_rung(form, input):
    one, none = (
        rfsearch.Space(**SQUARE).ladder(input, [rf], hold={"params": "5%"}) for rf in (5, 8)
    )
    assert len(one.rungs) == 1 and not len(none.rungs)
    assert one.rungs.schema == none.rungs.schema


@pytest.mark.parametrize("input", ([9], ["9x11"], [9, "9x11"]))
def test_a_sweep_has_the_same_columns_where_no_cell_has_a_match(input):
    made = rfsearch.Space(**SQUARE)
    some, none, both = (rfsearch.sweep(made, input, targets) for targets in ([5], [8], [5, 8]))
    assert some["matches"].sum() and not none["matches"].sum()
    assert some.schema == none.schema == both.schema


def test_numbers_that_outgrow_their_column_make_all_of_it_text():
    """Twins are text where the matches are too many for a number, however few are listed."""
    found = rfsearch.Space(depth=(1, 24)).search(64, 63, rounding="floor")
    assert found.count() > 1 << 63
    assert {found.top(k).schema["twins"] for k in (0, 1, 3)} == {pl.String()}
