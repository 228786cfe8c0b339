"""What the documents and the sources refer to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rfsearch"
SOURCES = sorted(PACKAGE.rglob("*.py"))
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md")
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"
)
MADE = ("pictures/", "reference/")  # when the site is built (docs/site.py)
# A document is named by its path from the root, in capitals alone, or by a section.
A_PATH = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w-]+\.md)\b")
BY_CAPITALS = re.compile(r"\b(?:DESIGN|HOUSE|STYLE|LIBRARIES|SPEC|NOTES|TODO)\b")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_source_refers_to_documents_of_the_repository_alone(path):
    text = path.read_text(encoding="utf-8")
    assert not BY_CAPITALS.findall(text)
    missing = {name for name in A_PATH.findall(text) if not (ROOT / name).is_file()}
    assert not missing


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_links_to_files_that_are_there(path):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    missing = {
        link
        for link in links
        if "://" not in link and not (path.parent / link).exists() and not link.startswith(MADE)
    }
    assert not missing


@pytest.mark.parametrize("name", ["docs/engine.md", "CONTRIBUTING.md"])
def test_the_files_that_developers_are_sent_to_are_there(name):
    """Every `room/file.py`, `function` aside, below the package or the root."""
    text = (ROOT / name).read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:\w+/)*\w+\.(?:py|md|toml))(?:: \w+)?`", text))
    files |= {one.rstrip("/") for one in re.findall(r"`((?:\w+/)+)`", text)}
    assert len(files) > 5
    missing = {
        one
        for one in files
        if not any(
            (base / one).exists() for base in (ROOT, PACKAGE, ROOT / "tests", PACKAGE / "question")
        )
    }
    assert not missing
