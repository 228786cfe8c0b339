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
ROOMS = "|".join(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file())
# A module or a file of the package, as `rfsearch.room.file` or `rfsearch/room/file.py`.
A_MODULE = re.compile(rf"(?<![\w.])(rfsearch[./](?:{ROOMS})[./][\w./]+\w)")
MADE = ("pictures/", "reference/")  # when the site is built (docs/site.py)
# A document is named by its path from the root, in capitals alone, or by a section.
A_PATH = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w-]+\.md)\b")
BY_CAPITALS = re.compile(r"\b(?:DESIGN|HOUSE|STYLE|LIBRARIES|SPEC|NOTES|TODO)\b")


def is_there(place):
    """Whether it is a folder or a module, or a name in the one that it stands in."""
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    files = (place.parent.with_suffix(".py"), place.parent / "__init__.py")
    text = "".join(one.read_text(encoding="utf-8") for one in files if one.is_file())
    return re.search(rf"\b{place.name}\b", text) is not None


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_source_refers_to_documents_of_the_repository_alone(path):
    text = path.read_text(encoding="utf-8")
    assert not BY_CAPITALS.findall(text)
    missing = {name for name in A_PATH.findall(text) if not (ROOT / name).is_file()}
    assert not missing


@pytest.mark.parametrize(
    "path",
    [*SOURCES, *DOCUMENTS, *sorted((ROOT / "benchmarks").rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_what_is_named_of_the_package_is_there(path):
    """A folder, a file, or a name that a file has."""
    missing = {
        name
        for name in A_MODULE.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / name).is_file() and not is_there(ROOT / name.replace(".", "/"))
    }
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
