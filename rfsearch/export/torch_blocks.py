"""The blocks of a plan as classes: one class for all blocks of the same form.

Blocks have the same form when they are built by the same calls, joined in the same way, and
differ in numbers only. What differs becomes a parameter of the constructor; numbers that are
always equal to each other are one parameter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rfsearch.export.python_text import Argument, Call, Code
from rfsearch.export.torch_forward import Forward
from rfsearch.layer import ADD, CONCAT, INVERTED, MULTIPLY, RESIDUAL

_NAMES = {
    RESIDUAL: "Residual",
    INVERTED: "InvertedResidual",
    CONCAT: "Concatenation",
    ADD: "Sum",
    MULTIPLY: "Product",
}


@dataclass
class Form:
    """One class: its name, the constructor calls of its parts, and `forward`.

    notation    of the first of its blocks; `more` says how many there are besides
    lines       (attribute, call); a value that is a parameter is a Code
    parameters  names, in the order of the constructor
    """

    name: str
    notation: str
    more: str
    lines: list[tuple[str, Call]]
    forward: Forward
    parameters: list[str] = field(default_factory=list)


@dataclass
class Instance:
    """One block of the network: its parts' calls, not yet compared with other blocks'."""

    join: str
    notation: str
    lines: list[tuple[str, Call | Instance]]
    forward: Forward
    form: Form | None = None
    values: tuple[Any, ...] = ()

    @property
    def depth(self) -> int:
        """Blocks within blocks within it."""
        inner = [made.depth for _, made in self.lines if isinstance(made, Instance)]
        return max(inner, default=-1) + 1

    @property
    def call(self) -> Call:
        """The constructor call of this block, once its form is known."""
        assert self.form is not None
        pairs = zip(self.form.parameters, self.values, strict=True)
        arguments = [
            Argument("" if "channels" in name else name, value, name) for name, value in pairs
        ]
        # Positional arguments come first, as the parameters do.
        return Call(self.form.name, tuple(arguments))

    @property
    def calls(self) -> list[tuple[str, Call]]:
        """The calls of all parts; those of inner blocks once their forms are known."""
        return [
            (name, made.call if isinstance(made, Instance) else made) for name, made in self.lines
        ]


def forms_of(instances: Sequence[Instance]) -> list[Form]:
    """The classes of all blocks, inner ones first; every instance is told its form and values."""
    forms: list[Form] = []
    named: Counter[str] = Counter()
    for depth in range(max((one.depth for one in instances), default=-1) + 1):
        groups: dict[Any, list[Instance]] = {}
        for one in instances:
            if one.depth == depth:
                groups.setdefault(_shape(one), []).append(one)
        forms += [_form(group, named) for group in groups.values()]
    _without_needless_numbers(forms, named)
    return forms


def _without_needless_numbers(forms: list[Form], named: Counter[str]) -> None:
    """The only class of its kind has no number, neither where it stands nor where it is used."""
    only = {f"{kind}1": kind for kind, count in named.items() if count == 1}
    for form in forms:
        form.name = only.get(form.name, form.name)
        form.lines = [
            (name, replace(call, target=only.get(call.target, call.target)))
            for name, call in form.lines
        ]


def _shape(one: Instance) -> Any:
    """What two blocks of one form have in common."""
    calls = tuple(
        (name, id(made.form) if isinstance(made, Instance) else made.target, _keys(call))
        for (name, made), (_, call) in zip(one.lines, one.calls, strict=True)
    )
    return one.join, calls, one.forward.text


def _keys(call: Call) -> tuple[tuple[str, str], ...]:
    return tuple((argument.key, argument.role) for argument in call.arguments)


def _form(group: list[Instance], named: Counter[str]) -> Form:
    """One class for a group, its varying numbers made parameters."""
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
    order = sorted(columns, key=lambda column: "channels" not in columns[column])
    kind = _NAMES[first.join]
    named[kind] += 1
    more = f" and {len(group) - 1} more of its form" if len(group) > 1 else ""
    form = Form(f"{kind}{named[kind]}", first.notation, more, [], first.forward)
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
