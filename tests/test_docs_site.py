"""The commands of the pages run, and the site is built of them without a warning."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from rfsearch.cli import main

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
PAGES = ["index.md", "page.md", *sorted(f"users/{one.name}" for one in DOCS.glob("users/*.md"))]


def _commands(page):
    """The commands of the page's sh blocks, a word a part."""
    text = (DOCS / page).read_text("utf-8").replace("\\\n", " ")
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("rfsearch "):
                yield shlex.split(line)[1:]


@pytest.mark.compiled
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run(page, tmp_path, monkeypatch):
    commands = list(_commands(page))
    if any("--plot" in command for command in commands):
        pytest.importorskip("altair", reason="pictures need the extra plot")
        pytest.importorskip("vl_convert", reason="pictures need the extra plot")
    (tmp_path / "configs").symlink_to(TOP / "configs")
    (tmp_path / "pictures").mkdir()
    monkeypatch.chdir(tmp_path)
    for command in commands:
        assert main(command) == (1 if command[0] == "compare" else 0), command
        for flag in ("--plot", "--report", "-o"):
            if flag in command:
                assert (tmp_path / command[command.index(flag) + 1]).stat().st_size
    assert commands


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_of_a_page_is_made_by_a_command_that_it_names(page):
    text = (DOCS / page).read_text("utf-8")
    shown = {Path(name).name for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)}
    made = {
        Path(command[command.index("--plot") + 1]).name
        for command in _commands(page)
        if "--plot" in command
    }
    assert shown <= made


def test_the_examples_in_python_print_what_is_shown():
    file = str(DOCS / "users/scripts.md")
    failed, tried = doctest.testfile(file, module_relative=False, encoding="utf-8")
    assert tried and not failed


@pytest.mark.compiled
def test_the_site_is_built_without_a_warning(tmp_path):
    for module in ("material", "mkdocstrings", "altair", "vl_convert"):
        pytest.importorskip(module, reason="the site needs the extras docs and plot")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    ran = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    reference = (tmp_path / "reference/cli/index.html").read_text()
    assert "--target-rf" in reference and "rfsearch explore" in reference
    assert "rfsearch.api.Found.count" in (tmp_path / "reference/api/index.html").read_text()
    assert (tmp_path / "pictures/front.svg").stat().st_size
