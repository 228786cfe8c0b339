"""docs/json.md names every key of the frozen answers, and none that no answer has."""

import json
import re
from pathlib import Path

import pytest

from rfsearch.schema import SCHEMA

ROOT = Path(__file__).parents[1]
DOCS = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
# Those of evaluate are frames, not JSON objects.
FROZEN = [
    path
    for path in sorted((ROOT / "tests" / "frozen").glob("*.json"))
    if not path.name.startswith("evaluate")
]
ROWS = ("front", "results", "rungs")  # rows of one kind: `row` in the document

# The section that names the keys of an answer, by what the answer's name begins with.
SECTIONS = {
    "reach": "Reach",
    "ladder": "Ladder",
    "show": "Show",
    "verify": "Verify",
    "compare": "Compare",
    "sweep": "Sweep",
}
SEARCH = "A search"

# Named, but in no frozen answer: what decides whether they are there is no small question, is time
# or is measured. By section, the file that writes each, as text.
RARE = {
    SEARCH: {
        "gap": "answer/answer.py",
        "gaps": "answer/answer.py",
        "proven": "answer/answer.py",
        "stopped": "answer/answer.py",
        "seconds": "answer/answer.py",  # left out when frozen
        "matches_at_least": "answer/answer.py",
        "matches_at_most": "answer/answer.py",
        "row.coverage": "layers/cost.py",
        "query.jump": "request/total_stride.py",
        "query.cost": "request/options.py",
        "query.bytes": "request/asked.py",
        "query.bytes.weight": "request/asked.py",
        "query.bytes.activation": "request/asked.py",
    },
    "Reach": {
        "reach[].matches_at_least": "cli/reach.py",
        "reach[].matches_at_most": "cli/reach.py",
    },
    "Show": {
        "training": "answer/screen/extras.py",
        "sizes": "cli/show.py",
        "tiling": "cli/show.py",
        **{
            f"{part}[].{key}": "network/sizes/document.py"
            for part, keys in {
                "sizes": ("axis", "input", "least", "nearest", "read_at", "works", "divides"),
                "tiling": (
                    "axis", "possible", "reason", "input", "alignment", "halo", "cut", "least",
                    "step_of_least", "rule", "tiles",
                ),
            }.items()
            for key in keys
        },
    },
    "Verify tiles": dict.fromkeys(
        (
            "stack", "with", "verdict", "input", "tile", "tiles", "outputs", "difference",
            "tolerance",
        ),
        "cli/tiles.py",
    ),
    "Verify a cost": dict.fromkeys(
        (
            "cost", "unit", "with", "networks", "offset", "error", "error_with_offset", "tau",
            "rows", "rows[].stack", "rows[].predicted", "rows[].measured",
        ),
        "cli/trust.py",
    ),
}  # fmt: skip


def tables():
    """{section: {key: type}} of every row of every table."""
    found = {}
    for line in DOCS.splitlines():
        if line.startswith("## "):
            section = found[line.removeprefix("## ")] = {}
        if line.startswith("| `"):
            keys, kind, _ = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:4])
            for key in re.findall(r"`([^`]+)`", keys):
                assert key not in section, f"{key} is named twice"
                section[key] = kind
    return found


def named(section):
    """The keys of an answer of a section: those of rows and of the query stand with the search."""
    search = tables()[SEARCH]
    shared = {
        key: kind
        for key, kind in search.items()
        if key in ("schema", "query") or key.startswith(("row.", "query."))
    }
    return shared | tables()[section]


def section_of(path):
    return SECTIONS.get(path.stem.split("-")[0], SEARCH)


def keys_of(value, place, types):
    """Every key of a value, with the keys before it; not those within what is named a table."""
    if isinstance(value, list):
        for one in value:
            yield from keys_of(one, place if place == "row" else f"{place}[]", types)
    elif isinstance(value, dict):
        for key, inner in value.items():
            path = f"{place}.{key}" if place else key
            yield path
            if "table" not in types.get(path, ""):
                row = not place and key in ROWS
                yield from keys_of(inner, "row" if row else path, types)


def in_frozen(section):
    """Every key of the frozen answers of a section."""
    types = named(section)
    return {
        key
        for path in FROZEN
        if section_of(path) == section
        for key in keys_of(json.loads(path.read_text()), "", types)
    }


@pytest.mark.parametrize("section", [SEARCH, *SECTIONS.values()])
def test_every_key_of_an_answer_is_named(section):
    assert in_frozen(section) - set(named(section)) == set()


def test_every_key_that_is_named_is_in_an_answer():
    frozen = {section: in_frozen(section) for section in (SEARCH, *SECTIONS.values())}
    everywhere = set().union(*frozen.values())
    for section, keys in tables().items():
        shared = {key for key in keys if key.startswith(("row.", "query."))}
        rare = set(RARE.get(section, ()))
        assert set(keys) - shared - frozen.get(section, set()) - rare == set(), section
        assert shared - everywhere - rare == set(), section


@pytest.mark.parametrize(
    ("section", "key", "file"),
    [(section, key, file) for section, keys in RARE.items() for key, file in keys.items()],
)
def test_a_key_of_rare_answers_is_written_by_the_code(section, key, file):
    assert key in tables()[section]
    written = (ROOT / "rfsearch" / file).read_text(encoding="utf-8")
    assert f'"{re.split(r"[.]", key)[-1]}"' in written


def test_every_answer_begins_with_the_schema_that_the_document_tells():
    assert f"| `schema` | integer | {SCHEMA} |" in DOCS
    assert len(FROZEN) > 50
    for path in FROZEN:
        assert next(iter(json.loads(path.read_text()).items())) == ("schema", SCHEMA), path.name
