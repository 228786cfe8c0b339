"""Several networks written to a folder, a file each: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rfsearch.errors import LONGEST_PATH, UsageError, shortened
from rfsearch.export.whole_file import replace_whole
from rfsearch.export.write import FRAMEWORKS, Style, encode, planned
from rfsearch.network.input_size import input_sizes


class Wanted(NamedTuple):
    """A network to be written: what its file is called before the ending, and what it is."""

    name: str
    stack: str
    input: tuple[int, ...]


def wanted_of(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], input: Any, axes: int
) -> list[Wanted]:
    """What the rows of a frame say; a row of several inputs has its own."""
    return [
        Wanted(name, row["stack"], input_sizes(row.get("input", input), axes))
        for row, name in zip(rows, names, strict=True)
    ]


def numbered(prefix: str, count: int) -> list[str]:
    """`rank01`, `rank02` and so on: in the order of their numbers when sorted as text."""
    width = max(len(str(count)), 2)
    return [f"{prefix}{number:0{width}}" for number in range(1, count + 1)]


def write_folder(
    wanted: Sequence[Wanted],
    channels: int,
    folder: str | os.PathLike[str],
    framework: str,
    style: Style,
    force: bool = False,
) -> list[Path]:
    """The files, in order. The folder is made where there is none.

    UsageError where a file exists and is not replaced by `force`, or cannot be written; before the
    first is written every network is made.
    """
    if framework not in FRAMEWORKS:
        raise UsageError(f"to: {framework!r} is not one of {', '.join(FRAMEWORKS)}")
    paths = [Path(folder) / f"{one.name}{FRAMEWORKS[framework]}" for one in wanted]
    taken = [path for path in paths if path.exists()]
    if taken and not force:
        raise UsageError(f"folder: {_shown(taken[0])} exists; force replaces it")
    made = [
        encode(planned(one.stack, one.input, channels, style), framework, style) for one in wanted
    ]
    try:
        Path(folder).mkdir(exist_ok=True)
        for path, data in zip(paths, made, strict=True):
            replace_whole(path, data)
    except OSError as error:
        raise UsageError(f"folder: {_shown(error.filename or folder)}: {error.strerror}") from None
    return paths


def _shown(path: str | os.PathLike[str]) -> str:
    return shortened(os.fspath(path), LONGEST_PATH)
