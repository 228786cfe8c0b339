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

from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.cost import CHANGES, STAGED_COSTS
from rfsearch.request.options import (
    BUDGET,
    OPTIONS,
    PADDING_WORDS,
    QUESTION,
    SPACE,
    STAGED,
    STAGED_QUESTION,
    defaults,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfsearch.request.query import Query
    from rfsearch.request.staged_query import StagedQuery
    from rfsearch.space.edits.space import LikeSpace
    from rfsearch.space.plain import Space
    from rfsearch.space.staged import StagedSpace


@dataclass(frozen=True)
class Request:
    """Every option's value, and the file (if any) that said it; absent from `file`: a flag did."""

    options: Mapping[str, Any]
    file: str | None = None
    said_in_file: frozenset[str] = field(default_factory=frozenset)
    said: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls,
        flags: Mapping[str, Any],
        file: str | None = None,
        in_file: Mapping[str, Any] = {},
        needs_target: bool = True,
    ) -> Request:
        """Flags over the file over the defaults; UsageError where the question is missing."""
        options = {**defaults(), **in_file, **flags}
        free = options["stage"] is not None or not needs_target
        needed = ("input",) if free else ("target_rf", "input")
        missing = [OPTIONS[name].flag for name in needed if options[name] is None]
        if missing:
            raise UsageError(
                f"{' and '.join(missing)}: not given; for example rfsearch --target-rf 224 "
                "--input 227 (--help lists everything)"
            )
        if options["count"] and options["where"]:
            raise UsageError("--where: filters listed rows, and --count lists none")
        in_file_alone = frozenset(in_file) - frozenset(flags)
        said = frozenset(in_file) | frozenset(flags)
        options |= _of_changes(options, said)
        return cls(options, file, in_file_alone, said)

    def __getitem__(self, name: str) -> Any:
        return self.options[name]

    def of_room(self, room: str) -> dict[str, Any]:
        """The options of one room by name, those that were never said left out."""
        return {
            name: self.options[name]
            for name, option in OPTIONS.items()
            if option.room == room and self.options[name] is not None
        }

    @property
    def staged(self) -> bool:
        """Whether something is said that only a staged space can answer."""
        return self.staged_beside_target or not isinstance(self["target_rf"], (int, tuple))

    @property
    def staged_beside_target(self) -> bool:
        """The same, whatever the target."""
        plain_input = isinstance(self["input"], int)
        plain_output = self["output_size"] is None or isinstance(self["output_size"], (int, tuple))
        own = self.of_room(STAGED) or self.of_room(STAGED_QUESTION)
        ranked = {cost.removeprefix("max:") for cost in (*self["rank_by"], *self["front"])}
        words = set(PADDING_WORDS[2:]) & set(map(str, self["padding"] or ()))
        said = own or words or ranked & set(STAGED_COSTS)
        return bool(said) or not (plain_input and plain_output)

    def space(self) -> Space | StagedSpace | LikeSpace:
        """The space asked about; UsageError names the flag or the file's key."""
        with self.placing_errors():
            if self["like"] is not None:
                from rfsearch.request.asked import like_space

                return like_space(self.of_room(SPACE), self.of_room(STAGED), self.said)
            if self.staged:
                from rfsearch.request.asked import staged_space

                return staged_space(self.of_room(SPACE), self.of_room(STAGED), self.said)
            from rfsearch.space.plain import Space

            return Space(**self.of_room(SPACE))

    def question(self) -> dict[str, Any]:
        """The keyword arguments of the space's search, budgets included."""
        asked = self.of_room(QUESTION) | self.of_room(BUDGET) | self.of_room(STAGED_QUESTION)
        given = self["stage"] is not None or self["like"] is not None
        if given and "depth" in self.said:
            low, high = self["depth"]
            asked = {"min_depth": low, "max_depth": high} | asked
        return asked

    @property
    def running(self) -> dict[str, Any]:
        """What Space.search takes beside the question, its progress aside."""
        return {"threads": self.options["threads"], "memory_limit": self.options["memory_limit"]}

    def query(self) -> Query | StagedQuery:
        """The question, checked; UsageError names the flag or the file's key."""
        with self.placing_errors():
            if self.staged:
                from rfsearch.request.staged_query import StagedQuery

                return StagedQuery.of(self._axes(), **self.question())
            from rfsearch.request.query import Query

            return Query.of(**self.question())

    def _axes(self) -> int:
        if self["axes"] is not None or self["like"] is None:
            return 2 if self["axes"] is None else int(self["axes"])
        return self.space().axes  # type: ignore[union-attr]

    def resolved(self, space: Any, query: Any) -> dict[str, Any]:
        """Every option that shapes the answer, in the forms that a TOML file takes."""
        answer = {name: self.options[name] for name in ("rank_by", "top", "distinct", "front")}
        if hasattr(query, "inputs"):  # of a staged space
            from rfsearch.request.asked import resolved

            said = resolved(self.options, self.said, query) | answer | {"where": self["where"]}
            return {name: said[name] for name in OPTIONS if said.get(name) is not None}
        paddings = sorted({move.padding for move in space.moves if not move.is_same})
        same = ["same"] if any(move.is_same for move in space.moves) else []
        said = {
            **{name: _pair(value) for name, value in self.of_room(QUESTION).items()},
            "target_rf": _pair(query.target_rf),
            **{name: getattr(space, name) for name in self.of_room(SPACE)},
            "padding": [*paddings, *same],
            "channels": str(space.channels),
            **self.of_room(BUDGET),
            **answer,
            "where": self.options["where"],
        }
        return {name: said[name] for name in OPTIONS if said.get(name) is not None}

    @contextmanager
    def placing_errors(self) -> Iterator[None]:
        """Errors that begin with an option's name begin with where that option was said."""
        try:
            yield
        except (UsageError, LimitError) as error:
            text = str(error)
            if self["stage"] is None:
                # A search without stages is one slot: its places are the flags themselves.
                text = text.removeprefix("stage[0].").removeprefix("stage: ")
            found = re.match(r"(\w+)(?:\[\d+\])?(?=[:.])", text)
            name = found.group(1) if found else ""
            if found is None or name not in OPTIONS:
                raise type(error)(text) from None
            rest = text[found.end() :]
            raise type(error)(self._place(name, found.group(0)) + rest) from None

    def _place(self, name: str, member: str) -> str:
        if name in self.said_in_file:
            return f"{self.file}: {member}"
        return OPTIONS[name].flag


def _of_changes(options: Mapping[str, Any], said: frozenset[str]) -> dict[str, Any]:
    """What options are where networks like one are searched; UsageError where they are not.

    Published networks need floor rounding; the list begins with the fewest changes.
    """
    if options["like"] is None:
        if options["changes"] is not None:
            raise UsageError("--changes: of which network? --like resnet18 --changes 3")
        for name in ("rank_by", "front"):
            if any(cost.removeprefix("max:") == CHANGES.name for cost in options[name]):
                raise UsageError(f"{OPTIONS[name].flag}: only the networks --like one have changes")
        return {}
    found: dict[str, Any] = {}
    if "rounding" not in said:
        found["rounding"] = "floor"
    if "front" not in said:
        found["front"] = (CHANGES.name, *options["front"])
    if "distinct" not in said:
        found["distinct"] = "none"
    elif options["distinct"] == "family":
        raise UsageError("--distinct: family: the networks like one have none; none or costs")
    if all(cost.removeprefix("max:") != CHANGES.name for cost in options["rank_by"]):
        found["rank_by"] = (CHANGES.name, *options["rank_by"])
    return found


def _pair(value: Any) -> Any:
    """A range as [low, high], or as one number where both ends are the same."""
    if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]:
        return value[0]
    return value
