"""The JSON of some fifty commands, byte for byte as it was when it was frozen.

`python tests/freeze.py` writes it anew, where an answer is meant to change.
"""

import json

import pytest
from freeze import COMMANDS, FOLDER, answer, path_of

MARKS = ("compiled", "nightly")  # keys of a command that are marks of its test
LARGEST = 60_000  # characters of one file


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=[getattr(pytest.mark, mark) for mark in MARKS if COMMANDS[name].get(mark)]
        )
        for name in COMMANDS
    ],
)
def test_a_command_gives_the_frozen_json(name):
    """Every byte but the times, and the exit code."""
    if name.startswith("verify"):
        pytest.importorskip("onnxruntime")
    text, code, err = answer(name)
    assert code == COMMANDS[name].get("code", 0), err
    assert text == path_of(name).read_text()


def test_every_frozen_file_is_of_a_command_and_small():
    """No file without a command, none that nobody reads."""
    assert {path.stem for path in FOLDER.glob("*.json")} == set(COMMANDS)
    for name in COMMANDS:
        text = path_of(name).read_text()
        assert len(text) <= LARGEST
        assert "seconds" not in json.loads(text)
