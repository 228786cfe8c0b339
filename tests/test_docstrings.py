"""The docstring of every public function names each of its keywords, and what it raises."""

import inspect
import re

import pytest

import rfsearch
from rfsearch.ladder import Ladder

# Methods of public classes that other rooms of the package ask, and no user.
OF_THE_PACKAGE = {"Found": {"progress"}, "Network": {"document"}}
CLASSES = {"Space": rfsearch.Space, "Found": rfsearch.Found, "Network": rfsearch.Network}
CLASSES |= {"Ladder": Ladder, "Candidates": rfsearch.Candidates}


def public():
    """{name: function} of all that a user calls; a class is what makes an object of it."""
    found = {"Space": rfsearch.Space}
    for name in rfsearch.__all__:
        if not inspect.isclass(getattr(rfsearch, name)):
            found[name] = getattr(rfsearch, name)
    for name, kind in CLASSES.items():
        for method, function in inspect.getmembers(kind, inspect.isfunction):
            if not method.startswith("_") and method not in OF_THE_PACKAGE.get(name, ()):
                found[f"{name}.{method}"] = function
    return found


PUBLIC = public()
# `as …`: what another function's text says of the same keywords.
ELSEWHERE = re.compile(
    r"\b[Aa]s (?:`(\w+)`|rfsearch\.([\w.]+)|((?:Space|Found)(?:\.\w+)?)\b)|same as (Space)\("
)


def texts(name):
    """Its docstring, and those that this one refers to."""
    known, waiting = {}, [name]
    while waiting:
        one = waiting.pop()
        if one in known or one not in PUBLIC:
            continue
        known[one] = inspect.getdoc(PUBLIC[one]) or ""
        room = one.partition(".")[0]
        for groups in ELSEWHERE.findall(known[one]):
            for said in filter(None, groups):
                waiting += [said.strip("."), f"{room}.{said}"]
    return " ".join(known.values())


@pytest.mark.parametrize("name", PUBLIC)
def test_a_docstring_names_every_keyword(name):
    text = texts(name)
    assert text
    named = {part for part in inspect.signature(PUBLIC[name]).parameters if part != "self"}
    missing = {part for part in named if not re.search(rf"\b{re.sub('^_+', '', part)}\b", text)}
    assert missing - {"question"} == set()  # of **question: the keywords of a search


@pytest.mark.parametrize("name", [name for name in PUBLIC if "." not in name])
def test_a_docstring_says_what_is_raised(name):
    assert re.search(r"Raises \w+|UsageError|LimitError", texts(name))
