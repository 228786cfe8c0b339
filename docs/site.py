"""What the site makes of itself when it is built: pictures by their commands, the references.

A hook of mkdocs (see mkdocs.yml). Pictures are made by the commands that stand in the pages, so
that none is older than the program; the reference of the command line is its own help.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import mkdocs.plugins
from mkdocs.structure.files import File

import rfsearch
from rfsearch.cli import main
from rfsearch.cli.words import WORDS

# Of the helps, whatever terminal builds the site.
os.environ["COLUMNS"] = "100"
DOCS = Path(__file__).parent
TOP = DOCS.parent


@mkdocs.plugins.event_priority(50)
def on_pre_build(config):
    """Draw every picture that a page's command names, where it is not there yet."""
    for page in sorted(DOCS.rglob("*.md")):
        for command, picture in pictures(page.read_text("utf-8")):
            if not (DOCS / picture).exists():
                (DOCS / picture).parent.mkdir(exist_ok=True)
                _run([word.replace(picture, str(DOCS / picture)) for word in command])


def pictures(text):
    """The commands of a page that draw a picture, and the picture below docs/."""
    for line in re.findall(r"^rfsearch .*--plot .*$", text.replace("\\\n", " "), re.MULTILINE):
        words = shlex.split(line)
        picture = words[words.index("--plot") + 1]
        if picture.startswith("pictures/"):
            yield words, picture


def on_files(files, config):
    """Add the references."""
    files.append(File.generated(config, "reference/cli.md", content=command_line()))
    files.append(File.generated(config, "reference/api.md", content=python()))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links to what stands outside of docs/ are names: the site has only the documents."""

    def shown(link):
        text, place = link[1], link[2]
        outside = not (Path(DOCS / page.file.src_uri).parent / place).resolve().is_relative_to(DOCS)
        return f"{text} (`{place.lstrip('./')}`)" if outside else link[0]

    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)#:]+)\)", shown, markdown)


def command_line():
    """The help of the search and of every word."""
    parts = ["# Command line\n"]
    for words in ([], *([word] for word in WORDS)):
        title = " ".join(["rfsearch", *words])
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            main([*words, "--help"])
        parts.append(f"## {title}\n\n```text\n{text.getvalue().strip()}\n```\n")
    return "\n".join(parts)


def python():
    """Every public name, from its docstring."""
    parts = [
        "# Python\n\nEverything below is `rfsearch.NAME`; the rest of the package is not public.\n"
    ]
    for name in rfsearch.__all__:
        one = getattr(rfsearch, name)
        parts.append(f"::: {one.__module__}.{one.__qualname__}\n")
    return "\n".join(parts)


def _run(words):
    """Run a command in the top folder; its errors end the build."""
    command = [sys.executable, "-m", "rfsearch", *words[1:]]
    ran = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    if ran.returncode not in (0, 1):
        raise SystemExit(f"{shlex.join(words)}: {ran.stderr}")
