"""What people type by accident ends in one short line, never in a traceback or a wrong file."""

from __future__ import annotations

import contextlib
import io
import json

import pytest

from rfsearch.cli import main
from rfsearch.errors import LONGEST_QUOTE, quoted, shortened

LONG = "a" * 300


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["show", "8C3", "-o", LONG], "--output: "),
        (["show", "8C3", "-o", f"{LONG}/x.json"], "--output: "),
        (["export", "8C3", "--to", "torch", "-o", f"{LONG}.py"], "--output: "),
        (["verify", "8C3", "-o", f"{LONG}.json"], "--output: "),
        (["show", f"{LONG}.onnx"], LONG),
        (["verify", f"{LONG}.json"], LONG),
        (["show", "8C3", "--in", LONG], "--in: "),
        (["show", "8C3", "--input", "1x" * 900 + "1"], "input: "),
        (["show", "8C3", "--input-channels", "9" * 5000], "--input-channels: "),
        (["show", "8C3", "--format", "q" * 5000], "--format: "),
        (["show", "8C3-" * 900 + "8C0"], "stack, character"),
        (["show", "x" * 5000], "x"),
        (["show", "8C3", "-o", "found.xyz"], "--output: 'found.xyz' names no format"),
        (["verify", "8C3", "-o", "found.pdf"], "--output: 'found.pdf' names no format"),
    ],
)
def test_a_slip_is_one_short_line_that_names_the_place(words, place, capsys):
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"rfsearch: {place}")
    assert said.err.count("\n") == 1
    assert len(said.err) < 900


def test_a_folder_name_too_long_for_export_is_refused_before_the_search(capsys):
    words = ["--target-rf", "5", "--input", "9", "--export", LONG, "--to", "torch"]
    assert main(words) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith("rfsearch: --export: ")


def test_a_file_name_just_short_enough_is_written(tmp_path, capsys):
    """The file beside it, which is renamed in the end, has a shorter name."""
    file = tmp_path / ("a" * 250 + ".json")
    assert main(["show", "8C3", "-o", str(file)]) == 0
    assert json.loads(file.read_text())["rf"] == 3


@pytest.mark.parametrize("words", [["show", "8C3"], ["show", "8C3", "--format", "csv"]])
def test_a_command_writes_to_a_redirected_stdout(words):
    """A stream of text has no bytes and no descriptor."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        assert main([*words, "--input", "20"]) == 0
    assert "8C3" in text.getvalue()


def test_bytes_are_refused_by_a_redirected_stdout(capsys):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        assert main(["show", "8C3", "--format", "parquet"]) == 2
    assert text.getvalue() == ""
    assert capsys.readouterr().err == (
        "rfsearch: --format: not text, which stdout takes here; give -o FILE\n"
    )


def test_long_values_are_quoted_by_their_ends():
    assert quoted("short") == "'short'"
    assert len(quoted("x" * 10_000)) < LONGEST_QUOTE
    assert shortened("begin" + "x" * 500 + "end").startswith("begin")
    assert shortened("begin" + "x" * 500 + "end").endswith("xxend")
