"""The blocks of a plan as classes or functions: one for all blocks of the same form.

Blocks have the same form when they are built by the same calls, joined in the same way, and
differ in numbers only. What differs becomes a parameter; numbers that are always equal to each
other are one parameter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from rfsearch.export.comments import shortened
from rfsearch.export.python_text import Argument, Call, Code


class Body(Protocol):
    """How the parts of a block follow each other, in the terms of one framework."""

    @property
    def text(self) -> str:
        """Equal where two blocks run in the same way."""


B = TypeVar("B", bound=Body)


@dataclass
class Form(Generic[B]):
    """One class or function: its name, the calls that make its parts, and how they run.

    notation    of the first of its blocks; `more` says how many there are besides
    lines       (name of the part, call); a value that is a parameter is a Code
    parameters  names, in order
    """

    name: str
    notation: str
    more: str
    lines: list[tuple[str, Call]]
    body: B
    parameters: list[str] = field(default_factory=list)

    @property
    def doc(self) -> str:
        """One line on which blocks these are."""
        return shortened(self.notation, 76 - len(self.more)) + self.more


@dataclass
class Instance(Generic[B]):
    """One block of the network: its parts' calls, not yet compared with other blocks'."""

    join: str
    notation: str
    lines: list[tuple[str, Call | Instance[B]]]
    body: B
    form: Form[B] | None = None
    values: tuple[Any, ...] = ()

    @property
    def depth(self) -> int:
        """Blocks within blocks within it."""
        inner = [made.depth for _, made in self.lines if isinstance(made, Instance)]
        return max(inner, default=-1) + 1

    @property
    def call(self) -> Call:
        """The call that makes this block, once its form is known."""
        assert self.form is not None
        pairs = zip(self.form.parameters, self.values, strict=True)
        arguments = [
            Argument("" if _is_width(name) else name, value, name) for name, value in pairs
        ]
        # Positional arguments come first, as the parameters do.
        return Call(self.form.name, tuple(arguments))

    @property
    def calls(self) -> list[tuple[str, Call]]:
        """The calls of all parts; those of inner blocks once their forms are known."""
        return [
            (name, made.call if isinstance(made, Instance) else made) for name, made in self.lines
        ]


Made: TypeAlias = Call | Instance[B]


def forms_of(instances: Sequence[Instance[B]], names: Mapping[str, str]) -> list[Form[B]]:
    """The forms of all blocks, inner ones first; every instance is told its form and values.

    `names` has the name of a form by the join of its blocks.
    """
    forms: list[Form[B]] = []
    named: Counter[str] = Counter()
    for depth in range(max((one.depth for one in instances), default=-1) + 1):
        groups: dict[Any, list[Instance[B]]] = {}
        for one in instances:
            if one.depth == depth:
                groups.setdefault(_shape(one), []).append(one)
        for group in groups.values():
            named[names[group[0].join]] += 1
            number = named[names[group[0].join]]
            forms.append(_form(group, f"{names[group[0].join]}{number}"))
    _without_needless_numbers(forms, named)
    return forms


def _without_needless_numbers(forms: list[Form[B]], named: Counter[str]) -> None:
    """The only class of its kind has no number, neither where it stands nor where it is used."""
    only = {f"{kind}1": kind for kind, count in named.items() if count == 1}
    for form in forms:
        form.name = only.get(form.name, form.name)
        form.lines = [
            (name, replace(call, target=only.get(call.target, call.target)))
            for name, call in form.lines
        ]


def _shape(one: Instance[B]) -> Any:
    """What two blocks of one form have in common."""
    calls = tuple(
        (name, id(made.form) if isinstance(made, Instance) else made.target, _keys(call))
        for (name, made), (_, call) in zip(one.lines, one.calls, strict=True)
    )
    return one.join, calls, one.body.text


def _keys(call: Call) -> tuple[tuple[str, str], ...]:
    return tuple((argument.key, argument.role) for argument in call.arguments)


def _form(group: list[Instance[B]], name: str) -> Form[B]:
    """One form for a group, its varying numbers made parameters."""
    rows = [
        [argument.value for _, call in one.calls for argument in call.arguments] for one in group
    ]
    first = group[0]
    slots = [(name, argument.role) for name, call in first.calls for argument in call.arguments]
    roles: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    for place, slot in enumerate(slots):
        roles.setdefault(tuple(row[place] for row in rows), []).append(slot)
    varying = {column: found for column, found in roles.items() if len(set(column)) > 1}
    columns: dict[tuple[Any, ...], str] = {}
    for column, found in varying.items():
        columns[column] = _parameter(found, set(columns.values()))
    texts: list[Any] = []
    for place in range(len(slots)):
        column = tuple(row[place] for row in rows)
        texts.append(Code(columns[column]) if column in columns else column[0])
    order = sorted(columns, key=lambda column: not _is_width(columns[column]))
    more = f" and {len(group) - 1} more of its form" if len(group) > 1 else ""
    form = Form(name, first.notation, more, [], first.body)
    form.parameters = [columns[column] for column in order]
    at = 0
    for attribute, call in first.calls:
        count = len(call.arguments)
        form.lines.append((attribute, call.with_values(texts[at : at + count])))
        at += count
    for number, one in enumerate(group):
        one.form = form
        one.values = tuple(column[number] for column in order)
    return form


def _is_width(parameter: str) -> bool:
    """Widths come first and are passed without their name."""
    return parameter.endswith(("channels", "filters", "units"))


def _parameter(slots: list[tuple[str, str]], taken: set[str]) -> str:
    """A name for a parameter: its role, or where that is taken, the part's name before it."""
    attribute, role = slots[0]
    if {"in_channels", "out_channels"} <= {role for _, role in slots}:
        role = "channels"
    if role not in taken:
        return role
    name = f"{attribute}_{role}"
    while name in taken:
        name += "_"
    return name
