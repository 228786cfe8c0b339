"""README and documents keep their word: their commands run and print what is shown, Python too."""

import doctest
import json
import re
import shlex
from pathlib import Path

import pytest

from rfsearch.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()

MATHEMATICS = (ROOT / "docs/mathematics.md").read_text()
DOCUMENTS = [
    README,
    *((ROOT / "docs" / name).read_text() for name in ("questions.md", "presets.md")),
]

# Blocks marked `console`: a line `$ command`, then exactly what it prints.
CONSOLE = [
    part
    for document in DOCUMENTS
    for block in re.findall(r"```console\n(.*?)```", document, re.DOTALL)
    for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE)
    if part
]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SHELL = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)


@pytest.mark.compiled
@pytest.mark.parametrize("example", CONSOLE, ids=lambda text: text.splitlines()[0][:60])
def test_a_command_prints_what_the_document_shows(example, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    command, _, shown = example.partition("\n")
    words = shlex.split(command.removeprefix("$ "))
    assert words[0] == "rfsearch"
    main(words[1:])
    out, err = capsys.readouterr()
    printed = out + err if "No stack matches" in err else out
    assert same(shown, printed), printed


def in_tables():
    """Whole commands in the cells of tables; flags alone go with the question at the top."""
    cells = [line for line in README.splitlines() if line.startswith("|") and "`" in line]
    for text in re.findall(r"`((?:rfsearch )?[^`]*)`", "\n".join(cells)):
        words = text.removeprefix("rfsearch ")
        if text.startswith("--"):
            yield "--target-rf 224 --input 227 " + words
        elif text != words and not re.search(r"[A-Z]{3}|…|\.json|explore|^init", words):
            yield words


@pytest.mark.compiled
@pytest.mark.parametrize("command", sorted(in_tables()))
def test_a_command_of_the_tables_has_an_answer(command, capsys, monkeypatch, tmp_path):
    if "--plot" in command:
        pytest.importorskip("altair")
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)) == (1 if "2,3x5" in command else 0), capsys.readouterr().err


@pytest.mark.compiled
def test_the_python_examples_print_what_the_readme_shows():
    # One session: later blocks use what earlier ones made.
    text = "\n".join(PYTHON)
    test = doctest.DocTestParser().get_doctest(text, {}, "README", None, 0)
    assert test.examples
    failed, _ = doctest.DocTestRunner().run(test)
    assert failed == 0


def test_the_two_set_up_commands_are_there_once_each():
    assert len(SHELL) == 2
    assert SHELL[0].endswith(".venv/bin/rfsearch --target-rf 224 --input 227")
    assert SHELL[1].endswith(".venv/bin/pytest")


def test_every_flag_of_the_readme_exists():
    from rfsearch.cli.parser import search_parser

    known = {flag for action in search_parser("")._actions for flag in action.option_strings}
    # of show, of ladder
    known |= {"--in", "--sizes", "--tiling", "--hold", "--notation"}
    prose = re.sub(r"```sh\n.*?```", "", README, flags=re.DOTALL)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", prose))
    assert named <= known, named - known


def same(shown, printed):
    """Whether the output is what is shown, where a line `…` stands for any lines."""
    parts = re.split(r"^…\n", shown.rstrip("\n") + "\n", flags=re.MULTILINE)
    pattern = r"(?:.*\n)*".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


def test_the_two_mistakes_are_told_with_figures_that_the_program_gives():
    import rfsearch

    first = rfsearch.parse("96C11S4", input=227)
    assert 55 * 55 * 96 == 290_400 == first.totals["activations"] - 227 * 227 * 3
    assert "55·55·96 = 290,400 values" in MATHEMATICS
    vgg = rfsearch.parse("vgg16").totals
    assert vgg["activations"] == 15_237_608
    assert f"{vgg['memory'] / 2**20:.1f}" == "58.1"
    assert "15,237,608 values" in MATHEMATICS and "58.1 MiB" in MATHEMATICS


def test_the_presets_of_readme_and_document_are_those_that_there_are():
    from rfsearch.cli.init import presets

    offered = {name for name in presets() if name != "main"}
    sentence = README[README.index("`rfsearch init NAME`") :].split(";")[0]
    assert set(re.findall(r"`([a-z-]+)`", sentence)) == offered
    listed = (ROOT / "docs/presets.md").read_text()
    assert set(re.findall(r"\*\*`([a-z-]+)`\*\*", listed)) == offered


@pytest.mark.compiled
def test_the_picture_is_what_its_command_draws(capsys, monkeypatch):
    """Its points are at the figures of the front, to the digits that the drawing says."""
    monkeypatch.chdir(ROOT)
    command = re.search(r"`rfsearch (.*) --plot docs/front.svg`", README)
    main([*shlex.split(command[1]), "--format", "json", "--quiet"])
    front = json.loads(capsys.readouterr().out)["front"]
    drawn = (ROOT / "docs/front.svg").read_text()
    points = re.findall(r"memory: ([\d,]+); macs: ([\d,]+); stack: ([^\"]+)", drawn)
    shown = [(int(a.replace(",", "")), int(b.replace(",", "")), stack) for a, b, stack in points]
    assert shown == [(row["memory"], row["macs"], row["stack"]) for row in front]
