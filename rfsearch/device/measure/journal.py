"""The journal: every measurement on disk as soon as it is made, so that a killed run goes on.

One JSON object a line. The first says how it is measured; what follows are measurements. A last
line that was cut short is left out. The file stands beside the table and goes when that is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rfsearch.errors import LimitError, UsageError


class Journal:
    """Measurements of earlier runs in `found`; `add` appends one."""

    def __init__(self, path: Path, how: Mapping[str, Any]) -> None:
        """UsageError where the file was begun with something else; LimitError on a full disk."""
        self.path = path
        self.found: list[dict[str, Any]] = []
        began = path.exists() and path.stat().st_size > 0
        if began:
            lines = list(_whole_lines(path))
            if lines:
                self._check(lines[0], how)
            self.found = lines[1:]
            self._cut(lines)
        self._file = None
        try:
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None
        if not began or not lines:
            self.add(how)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Append one entry; on disk when it returns. LimitError where there is no room for it."""
        assert self._file is not None
        try:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise LimitError(
                f"{self.path}: {error.strerror}; what was measured so far is in it: the same "
                "command goes on from there"
            ) from None

    def close(self, done: bool) -> None:
        """Close the file; remove it where the table is written."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError:
                # What could not be written was told when it was added.
                os.close(os.open(os.devnull, os.O_RDONLY))
        if done:
            self.path.unlink(missing_ok=True)

    def _check(self, began: Mapping[str, Any], how: Mapping[str, Any]) -> None:
        for name, said in how.items():
            if began.get(name) != said:
                raise UsageError(
                    f"{self.path}: begun with {name} {began.get(name)}, now {said}; remove it to "
                    "measure anew"
                )

    def _cut(self, lines: list[dict[str, Any]]) -> None:
        """Without the line that was cut short, so that the next one begins a line."""
        whole = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        if self.path.read_text(encoding="utf-8", errors="replace") != whole:
            self.path.write_text(whole, encoding="utf-8")


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        if not line.endswith("\n"):
            return
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            return
        if isinstance(entry, dict):
            yield entry
