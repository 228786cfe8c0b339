"""docs/json.md names every key of the frozen answers, and none that no answer has."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
# Those of evaluate are frames, not JSON objects.
FROZEN = [
    path
    for path in sorted((ROOT / "tests" / "frozen").glob("*.json"))
    if not path.name.startswith("evaluate")
]
ROWS = ("front", "results", "rungs")  # rows of one kind: `row` in the document

# Named, but in no frozen answer: what decides whether they are there is no small question or is
# time. The file that writes each, as text.
RARE = {
    "gap": "answer/answer.py",
    "gaps": "answer/answer.py",
    "proven": "answer/answer.py",
    "stopped": "answer/answer.py",
    "seconds": "answer/answer.py",  # left out when frozen
    "matches_at_least": "answer/answer.py",
    "matches_at_most": "answer/answer.py",
    "row.coverage": "layers/cost.py",
    "training": "answer/screen/extras.py",
    "query.jump": "request/total_stride.py",
    "query.cost": "request/options.py",
    "query.bytes": "request/asked.py",
    "query.bytes.weight": "request/asked.py",
    "query.bytes.activation": "request/asked.py",
    "reach[].matches_at_least": "cli/reach.py",
    "reach[].matches_at_most": "cli/reach.py",
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
    "sizes": "cli/show.py",
    "tiling": "cli/show.py",
}  # fmt: skip


def named():
    """{key: type} of every row of every table."""
    found = {}
    for line in DOCS.splitlines():
        if line.startswith("| `"):
            keys, kind, _ = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:4])
            for key in re.findall(r"`([^`]+)`", keys):
                assert key not in found or found[key] == kind, f"{key} is named twice"
                found[key] = kind
    return found


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


def in_frozen():
    types = named()
    return {
        key for path in FROZEN for key in keys_of(json.loads(path.read_text()), "", types)
    }  # fmt: skip


def test_every_key_of_an_answer_is_named():
    assert len(FROZEN) > 50
    assert in_frozen() - set(named()) == set()


def test_every_key_that_is_named_is_in_an_answer():
    assert set(named()) - in_frozen() - set(RARE) == set()


@pytest.mark.parametrize(("key", "file"), RARE.items())
def test_a_key_of_rare_answers_is_written_by_the_code(key, file):
    assert key in named()
    written = (ROOT / "rfsearch" / file).read_text(encoding="utf-8")
    assert f'"{re.split(r"[.]", key)[-1]}"' in written


def test_the_document_tells_the_schema_that_a_search_writes():
    from rfsearch.answer.answer import SCHEMA

    assert f"| `schema` | integer | {SCHEMA} |" in DOCS
