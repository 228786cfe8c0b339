"""Arrows one way: a room imports only rooms below it, lazily or for typing alike.

The rooms, from the top down, are those of CONTRIBUTING.md. The public face is the package's own
`__init__`, which names what it offers as text and so imports nothing.
"""

import ast
from pathlib import Path

import rfsearch

ROOMS = (
    "__main__", "cli", "answer", "saved", "enumeration", "api", "ladder", "why", "question",
    "automaton", "request", "space", "claims", "device", "export", "network", "plot", "kernels",
    "layers", "quantity", "schema", "errors",
)  # fmt: skip


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

    assert not {(a, b) for a, b in _arrows() if room(a) > room(b)}
