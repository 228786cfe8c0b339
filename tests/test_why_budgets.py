"""Why nothing matches, where a budget on a cost forbids it: its value, and what some stack has."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import rfsearch
from rfsearch import LimitError, Space
from rfsearch.automaton.effectiveness import extreme
from rfsearch.automaton.expressive import extreme_score
from rfsearch.automaton.score_bounds import least_for
from rfsearch.layers.cost import DEEPMAD_SCALE, EFFECTIVENESS_SCALE, SCORES, scale_of

PLAIN = Space(kernel=3, stride=(1, 2), channels=(8, 16), depth=(1, 4), norm="batch")
HOLED = Space(kernel=3, stride=1, dilation=2, channels=8, depth=(1, 4))
# A bound that no stack keeps, and which space it is asked of.
TIGHT: dict[str, tuple[Space, Any]] = {
    "max_arena": (PLAIN, 500),
    "max_flash": (PLAIN, 500),
    "max_effectiveness": (PLAIN, 0.001),
    "min_effectiveness": (PLAIN, 9),
    "max_deepmad": (PLAIN, 1),
    "min_deepmad": (PLAIN, 100_000),
    "min_coverage": (HOLED, 0.99),
    "max_coverage": (HOLED, 0.1),
    "max_macs": (PLAIN, 10),
    "min_params": (PLAIN, "1G"),
    "max_erf_variance": (PLAIN, 0.01),
    "max_peak_memory": (PLAIN, 10),
    "max_depth": (PLAIN, 1),
}


def search(space: Space, **budgets: Any) -> rfsearch.Found:
    return space.search(21, 9, rounding="floor", **budgets)


@pytest.mark.parametrize("option", TIGHT)
def test_names_the_budget_that_no_stack_keeps_and_what_some_stack_has(option: str) -> None:
    space, value = TIGHT[option]
    found = search(space, **{option: value})
    assert found.count() == 0
    (line,) = [line for line in found.why() if option in line]
    word = "least" if option.startswith("max") else "greatest"
    said = re.fullmatch(
        rf"no stack keeps {option} \S+(?: bytes)?: "
        rf"the {word} that some stack has is (\S+?)(?: bytes)?",
        line,
    )
    assert said, line
    # What is said passes, and nothing tighter does: the best of a list is that stack.
    passing = said[1].replace(",", "")
    assert search(space, **{option: passing}).count() > 0
    name = option.partition("_")[2]
    by = name if word == "least" else f"max:{name}"
    free = {option: 0 if word == "greatest" else 10**6 if name in SCORES else 10**11}
    if name == "coverage":
        free = {"min_coverage": 0}
    best = search(space, **free).top(1, by=[by], distinct="none")[name][0]
    assert float(best) == pytest.approx(float(passing), abs=0.5 / scale_of(name, 2))


def test_numbers_are_said_as_they_were_given() -> None:
    (line,) = [one for one in search(PLAIN, max_effectiveness=0.001).why() if "keeps" in one]
    assert line.startswith("no stack keeps max_effectiveness 0.001: ")


def test_names_what_other_budgets_keep_from_a_budget_that_some_stack_keeps() -> None:
    best = {
        by[0]: search(PLAIN).top(1, by=by, distinct="none").row(0, named=True)
        for by in (["macs"], ["max:entropy", "macs"])
    }
    most, least = best["macs"]["macs"], best["max:entropy"]["entropy"]
    found = search(PLAIN, max_macs=most, min_entropy=least)
    assert found.count() == 0
    lines = [line for line in found.why() if "stack keeps" in line]
    assert [line.split(":")[0].split()[:8] for line in lines] == [
        ["within", "the", "other", "budgets", "no", "stack", "keeps", name]
        for name in ("max_macs", "min_entropy")
    ]
    needed = best["max:entropy"]["macs"]
    assert lines[0].endswith(f"the least that some stack has is {needed:,}")


def test_names_what_a_score_leaves_of_a_sum() -> None:
    cheapest = search(PLAIN).top(1, by=["macs"], distinct="none")["macs"][0]
    few = search(PLAIN, max_macs=cheapest, max_effectiveness=100)
    figure = few.top(1, by=["macs"], distinct="none")["effectiveness"][0]
    every = search(PLAIN, max_effectiveness=100).top(10**4, by=["macs"], distinct="none")
    assert len(every) == search(PLAIN).count()
    least = min(every["effectiveness"])
    assert least < figure
    found = search(PLAIN, max_macs=cheapest, max_effectiveness=figure * 0.999)
    assert found.count() == 0
    (line,) = [line for line in found.why() if "max_macs" in line and "keeps" in line]
    fitting = every.filter(every["effectiveness"] < figure * 0.999)["macs"]
    assert line == (
        f"within the other budgets no stack keeps max_macs {cheapest:,}: the least that some stack "
        f"has is {min(fitting):,}"
    )


@pytest.mark.parametrize("rf", [7, 9, "5..12", None])
@pytest.mark.parametrize("sign", [1, -1])
def test_extremes_are_those_of_all_stacks_one_by_one(rf: Any, sign: int) -> None:
    space = Space(kernel="2..4", stride=(1, 2), channels=(8, 16), depth=(1, 3))
    every = space.search(16, rf, min_effectiveness=0, min_deepmad=0)
    for name, scale, of in (
        ("effectiveness", EFFECTIVENESS_SCALE, extreme),
        ("deepmad", DEEPMAD_SCALE, extreme_score),
    ):
        rows = every.top(10**5, by=[name], distinct="none")[name].to_list()
        assert len(rows) == every.count()
        best = min(rows) if sign > 0 else max(rows)
        free = space.search(16, rf, **{f"max_{name}": 10**5})
        assert of(free.automaton, sign) == round(best * scale)


def test_extremes_of_nothing_are_none() -> None:
    nothing = Space(kernel=3, depth=(1, 1)).search(16, 9, max_effectiveness=1, max_deepmad=1)
    assert extreme(nothing.automaton, 1) is None
    assert extreme_score(nothing.automaton, 1) is None


def test_arena_beside_coverage_where_nothing_is_left_is_no_error() -> None:
    found = HOLED.search(21, 8, max_arena=1024, min_coverage=0.99)
    assert found.count() == 0


def test_a_network_with_unknown_figures_is_refused_in_words() -> None:
    found = search(PLAIN, max_arena="1G")
    (line,) = [one for one in found.contains("8C3D2N-8C3N").reasons if "max_arena" in one]
    assert "not known for dilation" in line


@pytest.mark.parametrize("option", [one for one in TIGHT if one != "max_depth"])
def test_membership_names_the_budget_that_a_network_does_not_keep(option: str) -> None:
    space, value = TIGHT[option]
    stack = "8C3N-8C3N-8C3N-8C3N" if space is PLAIN else "8C3D2-8C3D2"
    held = search(space, **{option: value}).contains(stack)
    side = "above" if option.startswith("max") else "below"
    assert any(f"is {side} {option}" in line for line in held.reasons), held.reasons


@pytest.mark.parametrize("option", ["min_deepmad", "min_effectiveness", "max_effectiveness"])
def test_sums_that_do_not_fit_are_refused_before_they_are_made(option: str) -> None:
    space = Space(kernel="1..5", stride=(1, 2), channels="8..16", depth=(1, 6))
    value = 0.05 if option == "max_effectiveness" else 900
    with pytest.raises(LimitError, match=r"limit of 0\.0156 GiB \(--memory-limit\)"):
        space.search(31, 31, memory_limit="16MiB", **{option: value})


def test_the_least_over_points_of_each_weight() -> None:
    points, weights = [(0, 7), (2, 3), (5, -1)], np.arange(-3, 4)
    wanted = [min(y + x * t for x, y in points) for t in weights.tolist()]
    assert least_for(points, weights).tolist() == wanted
