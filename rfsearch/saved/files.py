"""Automata as files, from Python: written whole or not at all, in either form, and read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rfsearch.enumeration.question import Told, told_of
from rfsearch.errors import UsageError
from rfsearch.export.whole_file import replace_whole
from rfsearch.quantity import whole
from rfsearch.saved.openfst import openfst_text
from rfsearch.saved.own import read, written

if TYPE_CHECKING:
    from rfsearch.api import Found
    from rfsearch.question.found import Found as Asked

OWN, OPENFST = "own", "openfst"
FORMS = (OWN, OPENFST)


def write_automaton(
    found: Asked, path: str | Path, *, form: str | None = None, weight: str | None = None
) -> None:
    """Write what was `found`, a compiled question, to `path`; read_automaton gives it back.

    form    `own`, or `openfst`, which other tools read; by default what the name says, .txt being
            OpenFst. Its table of symbols stands beside it, at `path` + ".syms"
    weight  of OpenFst's arcs: a cost that adds up along a stack, `max:` for its negative

    Raises UsageError, and LimitError where a budget leaves matches undecided.
    """
    chosen = form_of(str(path), form)
    for name, data in files(found, told_of(found), str(path), chosen, weight).items():
        _put(Path(name), data)


def read_automaton(
    path: str | Path, *, threads: int | None = None, memory_limit: int | str | None = None
) -> Found:
    """The compiled question of the file at `path` in the own form, ready to be asked.

    Nothing is compiled. threads, memory_limit: as Space.search takes them. Raises UsageError where
    it is no such file, is damaged, or is of another version of rfsearch.
    """
    if memory_limit is not None:
        memory_limit = whole(memory_limit, "memory_limit", 1, in_bytes=True)
    return read(content(str(path), "path"), f"path: {path}", threads, memory_limit)


def form_of(path: str, form: str | None) -> str:
    """The form asked for, else the one that the name says. Raises UsageError."""
    if form is None:
        return OPENFST if path.endswith(".txt") else OWN
    if form not in FORMS:
        raise UsageError(f"form: {form} is not one of {', '.join(FORMS)}")
    return form


def files(
    found: Asked, told: Told, path: str, form: str, weight: str | None = None
) -> dict[str, bytes]:
    """The files of an automaton by path. Raises as write_automaton does."""
    if form == OPENFST:
        acceptor, symbols = openfst_text(found, weight)
        return {path: acceptor, f"{path}.syms": symbols}
    if weight is not None:
        raise UsageError(
            "weight: arcs have one in OpenFst's text alone; the own form has all costs"
        )
    return {path: written(found, told)}


def content(path: str, place: str) -> bytes:
    """The bytes of a file; UsageError naming `place` where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{place}: {path}: {reason}") from None


def _put(path: Path, data: bytes) -> None:
    try:
        replace_whole(path, data)
    except OSError as error:
        raise UsageError(f"path: {path}: {error.strerror}") from None
