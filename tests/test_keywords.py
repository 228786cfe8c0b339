"""The public functions take typed keywords: those that the options and the costs call for."""

import inspect
import typing

import pytest

import rfsearch
from rfsearch.network import sources
from rfsearch.request.keywords import Asked, Budgets
from rfsearch.request.options import ANSWER, BUDGET, OPTIONS, QUESTION, SPACE
from rfsearch.request.query import Query, scales
from rfsearch.space.edits.space import Neighbourhood
from rfsearch.space.space import Space as PlainSpace

OF_TABLES = {"stage": "stages", "cost": "costs"}  # what a file's key is called as a keyword
OF_LIKE = {"like", "changes", "better"}


def keywords(function):
    """The names of what a function takes, those of its typed dictionary included."""
    found = set()
    for name, one in inspect.signature(function).parameters.items():
        if one.kind is inspect.Parameter.VAR_KEYWORD:
            many = one.annotation.removeprefix("Unpack[").removesuffix("]")
            found |= set(typing.get_type_hints({"Asked": Asked, "Budgets": Budgets}[many]))
        else:
            found.add(name)
    return found


def of_room(*rooms):
    return {OF_TABLES.get(name, name) for name, one in OPTIONS.items() if one.room in rooms}


def test_every_cost_that_can_be_bounded_has_its_two_keywords():
    """A new cost needs two lines in request/keywords.py, for type checkers; none to work."""
    costs = [*scales(2, {}), "jump", "output_stride"]
    names = {f"{side}_{name}" for name in costs for side in ("min", "max")}
    assert set(typing.get_type_hints(Budgets)) == names


@pytest.mark.parametrize("function", [Query.of, rfsearch.Space.search, rfsearch.like])
def test_every_option_of_the_question_is_a_keyword(function):
    absent = of_room(QUESTION, BUDGET) - keywords(function)
    assert absent == (set() if function is not rfsearch.Space.search else {"better"})


def test_reach_ladder_and_sweep_take_the_same_question():
    rest = of_room(QUESTION, BUDGET) - {"input", "target_rf", *OF_LIKE}
    assert rest == set(typing.get_type_hints(Asked))
    for function in (rfsearch.Space.reach, rfsearch.Space.ladder, rfsearch.sweep):
        assert rest - keywords(function) == set()


def test_every_option_of_a_space_is_a_keyword():
    options = of_room(SPACE) - OF_LIKE
    assert options - keywords(PlainSpace.__init__) == set()
    assert options - {"depth"} - keywords(rfsearch.StagedSpace) == set()
    grammar = {"depth", "never_falls", "never_grows"}
    assert options - grammar - keywords(Neighbourhood.__init__) == set()
    assert keywords(Neighbourhood.__init__) - {"self", "like"} <= keywords(rfsearch.like)


def test_writing_a_found_is_the_same_by_its_method_and_by_the_function():
    method = inspect.signature(rfsearch.Found.sink_parquet).parameters
    function = inspect.signature(rfsearch.sink_parquet).parameters
    assert list(method)[1:] == list(function)[1:]
    for name in list(method)[2:]:
        assert method[name].default == function[name].default


def functions():
    """Every public function and method, with its name."""
    for name in rfsearch.__all__:
        one = getattr(rfsearch, name)
        if inspect.isfunction(one):
            yield name, one
        elif not issubclass(one, Exception):
            for member, method in inspect.getmembers(one, inspect.isfunction):
                if not member.startswith("_") or member == "__init__":
                    yield f"{name}.{member}", method


@pytest.mark.parametrize(("name", "function"), list(functions()))
def test_every_argument_and_result_has_a_type(name, function):
    """No argument is whatever it is, but modules of torch: importing rfsearch needs no torch."""
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        assert parameter.annotation is not inspect.Parameter.empty, parameter
        if function is not sources.from_torch:
            assert parameter.annotation != "Any", parameter
    assert inspect.signature(function).return_annotation is not inspect.Signature.empty


def test_every_option_has_a_room():
    assert {one.room for one in OPTIONS.values()} == {SPACE, QUESTION, BUDGET, ANSWER}
