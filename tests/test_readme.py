"""The README keeps its word: its commands run and print what it shows, its Python does too."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from rfsearch.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()

# Blocks marked `console`: a line `$ command`, then exactly what it prints.
CONSOLE = [
    part
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE)
    if part
]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SHELL = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)


@pytest.mark.compiled
@pytest.mark.parametrize("example", CONSOLE, ids=lambda text: text.splitlines()[0][:60])
def test_a_command_prints_what_the_readme_shows(example, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    command, _, shown = example.partition("\n")
    words = shlex.split(command.removeprefix("$ "))
    assert words[0] == "rfsearch"
    main(words[1:])
    out, err = capsys.readouterr()
    printed = out + err if "No stack matches" in err else out
    assert same(shown, printed), printed


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
    assert "55·55·96 = 290,400 values" in README
    vgg = rfsearch.parse("vgg16").totals
    assert vgg["activations"] == 15_237_608
    assert f"{vgg['memory'] / 2**20:.1f}" == "58.1"
    assert "15,237,608 values" in README and "58.1 MiB" in README
