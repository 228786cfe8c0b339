"""Request: one search as a person asked it. The space, the question and the answer they want.

It is made from options (flags over a file over the defaults) and knows where each was said, so
that an error which Space or the query raises about `kernel` names `--kernel` or the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.options import BUDGET, OPTIONS, QUESTION, SPACE, defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfsearch.query import Query
    from rfsearch.space import Space


@dataclass(frozen=True)
class Request:
    """Every option's value, and the file (if any) that said it; absent from `file`: a flag did."""

    options: Mapping[str, Any]
    file: str | None = None
    said_in_file: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls, flags: Mapping[str, Any], file: str | None = None, in_file: Mapping[str, Any] = {}
    ) -> Request:
        """Flags over the file over the defaults; UsageError where the question is missing."""
        options = {**defaults(), **in_file, **flags}
        missing = [OPTIONS[name].flag for name in ("target_rf", "input") if options[name] is None]
        if missing:
            raise UsageError(
                f"{' and '.join(missing)}: not given; for example rfsearch --target-rf 224 "
                "--input 227 (--help lists everything)"
            )
        if options["count"] and options["where"]:
            raise UsageError("--where: filters listed rows, and --count lists none")
        return cls(options, file, frozenset(in_file) - frozenset(flags))

    def __getitem__(self, name: str) -> Any:
        return self.options[name]

    def of_room(self, room: str) -> dict[str, Any]:
        """The options of one room by name, those that were never said left out."""
        return {
            name: self.options[name]
            for name, option in OPTIONS.items()
            if option.room == room and self.options[name] is not None
        }

    def space(self) -> Space:
        """The space asked about; UsageError names the flag or the file's key."""
        from rfsearch.space import Space

        with self.placing_errors():
            return Space(**self.of_room(SPACE))

    def question(self) -> dict[str, Any]:
        """The keyword arguments of Space.search, budgets included."""
        return self.of_room(QUESTION) | self.of_room(BUDGET)

    @property
    def running(self) -> dict[str, Any]:
        """What Space.search takes beside the question, its progress aside."""
        return {"threads": self.options["threads"], "memory_limit": self.options["memory_limit"]}

    def query(self) -> Query:
        """The question, checked; UsageError names the flag or the file's key."""
        from rfsearch.query import Query

        with self.placing_errors():
            return Query.of(**self.question())

    def resolved(self, space: Space, query: Query) -> dict[str, Any]:
        """Every option that shapes the answer, in the forms that a TOML file takes."""
        paddings = sorted({move.padding for move in space.moves if not move.is_same})
        same = ["same"] if any(move.is_same for move in space.moves) else []
        said = {
            **{name: _pair(value) for name, value in self.of_room(QUESTION).items()},
            "target_rf": _pair(query.target_rf),
            **{name: getattr(space, name) for name in self.of_room(SPACE)},
            "padding": [*paddings, *same],
            "channels": str(space.channels),
            **self.of_room(BUDGET),
            **{name: self.options[name] for name in ("rank_by", "top", "distinct", "front")},
            "where": self.options["where"],
        }
        return {name: said[name] for name in OPTIONS if said.get(name) is not None}

    @contextmanager
    def placing_errors(self) -> Iterator[None]:
        """Errors that begin with an option's name begin with where that option was said."""
        try:
            yield
        except UsageError as error:
            text = str(error)
            found = re.match(r"(\w+)(?:\[\d+\])?", text)
            name = found.group(1) if found else ""
            if found is None or name not in OPTIONS:
                raise
            rest = text[found.end() :]
            raise type(error)(self._place(name, found.group(0)) + rest) from None

    def _place(self, name: str, member: str) -> str:
        if name in self.said_in_file:
            return f"{self.file}: {member}"
        return OPTIONS[name].flag


def _pair(value: Any) -> Any:
    """A range as [low, high], or as one number where both ends are the same."""
    if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]:
        return value[0]
    return value
