"""Arrows one way: a room imports only rooms below it, lazily or for typing alike.

The rooms, from the top down, are those of CONTRIBUTING.md. The public face is the package's own
`__init__`, which names what it offers as text and so imports nothing.
"""

import ast
from pathlib import Path

import rfsearch

ROOMS = (
    "__main__", "cli", "answer", "enumeration", "ladder", "why", "question", "automaton",
    "request", "space", "verify", "device", "export", "network", "plot", "kernels", "layers",
    "quantity", "errors",
)  # fmt: skip

# Arrows that run back up. None may be added.
BACK = {
    ("space.edits.space", "automaton.automaton"),
    ("space.edits.space", "automaton.closure"),
    ("space.edits.space", "automaton.edits.plan"),
    ("space.edits.space", "question.like_found"),
    ("space.edits.space", "request.query"),
    ("space.edits.space", "request.staged_query"),
    ("space.plain", "ladder"),
    ("space.plain", "ladder.ladder"),
    ("space.plain", "question.found"),
    ("space.plain", "request.query"),
    ("space.staged", "ladder"),
    ("space.staged", "ladder.ladder"),
    ("space.staged", "question.found"),
    ("space.staged", "request.query"),
    ("space.staged", "request.staged_query"),
}

PACKAGE = Path(rfsearch.__file__).parent


def _modules() -> dict[str, Path]:
    """Dotted name below the package, of every file; a package is its `__init__`."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


def _imports(path: Path, known: frozenset[str]) -> set[str]:
    """Every module of the package that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names if one.name.split(".")[0] == "rfsearch"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module and node.module.split(".")[0] == "rfsearch":
                inner = [f"{node.module}.{one.name}" for one in node.names]
                found |= {
                    one if one.removeprefix("rfsearch.") in known else node.module for one in inner
                }
    return {one.removeprefix("rfsearch.") for one in found} - {"rfsearch"}


def _arrows() -> set[tuple[str, str]]:
    modules = _modules()
    known = frozenset(modules)
    return {(name, to) for name, path in modules.items() for to in _imports(path, known)}


def test_every_file_stands_in_a_room():
    assert {name.split(".")[0] for name in _modules()} == set(ROOMS)


def test_no_import_runs_back_up():
    place = {room: number for number, room in enumerate(ROOMS)}

    def room(name: str) -> int:
        return place[name.split(".")[0]]

    assert {(a, b) for a, b in _arrows() if room(a) > room(b)} == BACK


def test_rooms_form_no_circle_with_what_they_import():
    """Follows from the above where nothing runs back; says which rooms the arrows back tie."""
    rooms = {(a.split(".")[0], b.split(".")[0]) for a, b in _arrows() - BACK}
    assert not {(a, b) for a, b in rooms if a != b and (b, a) in rooms}
