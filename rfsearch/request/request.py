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
from rfsearch.layers.cost import CHANGES, CHARGED
from rfsearch.quantity import axes_said
from rfsearch.request.declared import check_ranking, merged
from rfsearch.request.options import BUDGET, OPTIONS, QUESTION, defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfsearch.request.query import Query
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space


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
        if file is None and not {"axes", "like"} & set(flags) and axes_said(flags.get("input")):
            flags = {**flags, "axes": axes_said(flags["input"])}
        options = {**defaults(), **in_file, **flags}
        free = options["stage"] is not None or options["output_size"] is not None
        free = free or not needs_target
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
        if options["cost"]:
            options["cost"] = merged(in_file.get("cost") or {}, flags.get("cost") or {})
        options |= _of_device(options, said) | _of_changes(options, said)
        made = cls(options, file, in_file_alone, said)
        made._check_costs()
        return made

    def _check_costs(self) -> None:
        """UsageError where something names a cost that there is not."""
        declared = tuple(self["cost"] or ())
        for name in ("rank_by", "front"):
            check_ranking(self[name], declared, self._place(name, name))
        for name in self.options:
            if name not in OPTIONS and name.partition("_")[2] not in declared:
                flag = flag_of(name)
                raise UsageError(f"{flag}: no such flag; --help lists what there is")

    def __getitem__(self, name: str) -> Any:
        return self.options[name]

    def of_room(self, room: str) -> dict[str, Any]:
        """The options of one room by name, those that were never said left out."""
        return {
            name: self.options[name]
            for name, option in OPTIONS.items()
            if option.room == room and self.options[name] is not None
        } | (self.declared_bounds if room == BUDGET else {})

    @property
    def declared_bounds(self) -> dict[str, Any]:
        """The budgets on declared costs, as they were given."""
        return {name: value for name, value in self.options.items() if name not in OPTIONS}

    def space(self) -> Space | Neighbourhood:
        """The space asked about; UsageError names the flag or the file's key."""
        from rfsearch.request.asked import space_of

        with self.placing_errors():
            return space_of(self.options, self.said)

    def question(self) -> dict[str, Any]:
        """The keyword arguments of the space's search, budgets included."""
        asked = self.of_room(QUESTION) | self.of_room(BUDGET)
        if "cost" in asked:
            asked["cost"] = {
                name: {**said, "fill": self._filling(said)} for name, said in asked["cost"].items()
            }
        if "bytes" in asked and "bytes_per_value" not in self.said:
            asked.pop("bytes_per_value", None)
        if "cost" in asked:  # `[cost.latency]` of a file; a search takes `costs`
            asked["costs"] = asked.pop("cost")
        if self["better"]:
            asked["better"] = tuple(dict.fromkeys((*self["rank_by"], *self["front"])))
        given = self["stage"] is not None or self["like"] is not None
        if given and "depth" in self.said:
            low, high = self["depth"]
            asked = {"min_depth": low, "max_depth": high} | asked
        return asked

    def _filling(self, said: Mapping[str, Any]) -> str:
        """The command that fills a table's missing rows."""
        table = said.get("table", "TABLE")
        if self.file is not None:
            return f"rfsearch measure {self.file} -o {table}"
        return (
            f"rfsearch items, with the same flags, -o items.parquet, then rfsearch measure "
            f"items.parquet -o {table}"
        )

    @property
    def running(self) -> dict[str, Any]:
        """What Space.search takes beside the question, its progress aside."""
        return {"threads": self.options["threads"], "memory_limit": self.options["memory_limit"]}

    def query(self, space: Space | Neighbourhood) -> Query:
        """The question, checked; UsageError names the flag or the file's key."""
        from rfsearch.request.query import Query

        with self.placing_errors():
            return Query.of(space.axes, **self.question())

    def resolved(self, space: Space | Neighbourhood, query: Query) -> dict[str, Any]:
        """Every option that shapes the answer, in the forms that a TOML file takes."""
        from rfsearch.request.asked import resolved

        return resolved(self.options, self.said, space, query)

    @contextmanager
    def placing_errors(self) -> Iterator[None]:
        """Errors that begin with an option's name begin with where that option was said."""
        try:
            yield
        except (UsageError, LimitError) as error:
            text = str(error)
            if self["stage"] is None:
                text = text.removeprefix("stage: ")
            found = re.match(r"(\w+)(?:\[\d+\])?(?=[:.])", text)
            name = found.group(1) if found else ""
            if found is None or (name not in OPTIONS and name not in self.options):
                raise type(error)(text) from None
            rest = text[found.end() :]
            raise type(error)(self._place(name, found.group(0)) + rest) from None

    def _place(self, name: str, member: str) -> str:
        if name in self.said_in_file:
            return f"{self.file}: {member}"
        return flag_of(name)


def flag_of(name: str) -> str:
    """An option, or the bound of a declared cost, as a flag."""
    return "--" + name.replace("_", "-")


def _of_device(options: Mapping[str, Any], said: frozenset[str]) -> dict[str, Any]:
    """Where arena or flash is ranked or bounded every stack is a row: families take all of them."""
    ranked = {cost.removeprefix("max:") for cost in (*options["rank_by"], *options["front"])}
    asked = any(name in ranked or options[f"max_{name}"] is not None for name in CHARGED)
    if not asked or options["like"] is not None:
        return {}
    return {} if "distinct" in said else {"distinct": "none"}


def _of_changes(options: Mapping[str, Any], said: frozenset[str]) -> dict[str, Any]:
    """What options are where networks like one are searched; UsageError where they are not.

    Published networks need floor rounding; the list begins with the fewest changes.
    """
    if options["like"] is None:
        if options["changes"] is not None:
            raise UsageError("--changes: of which network? --like resnet18 --changes 3")
        if options["better"]:
            raise UsageError("--better: than which network? --like resnet18 --better")
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
