"""The examples of the documents print what the documents show."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from rfsearch.cli import main
from rfsearch.layers.layer import OPS
from rfsearch.layers.notation import format_stack, parse_stack

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize(
    "name", ["notation.md", "confusions.md", "sizes.md", "onnx.md", "costs.md"]
)
def test_the_examples_print_what_is_shown(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(DOCS / name), module_relative=False, encoding="utf-8")
    assert tried
    assert not failed


def test_the_examples_with_torch_print_what_is_shown():
    pytest.importorskip("torch", reason="torch is not installed; from_torch is for its users")
    failed, tried = doctest.testfile(
        str(DOCS / "torch.md"), module_relative=False, encoding="utf-8"
    )
    assert tried
    assert not failed


def test_every_op_is_explained_and_every_op_that_is_shown_is_read():
    text = (DOCS / "notation.md").read_text(encoding="utf-8")
    table = text.split("| op | layer |")[1].split("\n\n")[0]
    shown = re.findall(
        r"`([^`]+)`", "\n".join(line.split("|")[1] for line in table.splitlines()[2:])
    )
    read = {parse_stack(one)[0].op for one in shown}
    assert read | {"SUM", "CAT", "HEAD"} == set(OPS)
    assert all(format_stack(parse_stack(one)) == one for one in shown)


def test_the_commands_about_sizes_print_what_is_shown(capsys):
    """Every `$ rfsearch …` of docs/sizes.md, with the lines below it."""
    pytest.importorskip("onnxruntime")
    text = (DOCS / "sizes.md").read_text(encoding="utf-8")
    shown = re.findall(r"^    \$ rfsearch (.*)\n((?:    .*\n)+)", text, re.MULTILINE)
    assert shown
    for command, lines in shown:
        main(command.split())
        said = capsys.readouterr()
        assert said.out + said.err == "".join(line[4:] + "\n" for line in lines.splitlines())
