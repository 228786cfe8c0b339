"""Membership: whether a described stack is one of a staged space, and if not, what refuses it.

The items of the body are followed through the grammar as the automaton's control follows them;
sizes, receptive field and budgets are then read off the described network, input by input.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rfsearch.errors import LONGEST_SHOWN, UsageError, shortened
from rfsearch.layers.anatomy import Flow, flow_after, width_after
from rfsearch.layers.layer import HEAD, Item, Stack, split_head
from rfsearch.layers.notation.format import format_item, format_stack
from rfsearch.layers.recurrence import CEIL, ROUNDINGS
from rfsearch.request.query import Query, size_text
from rfsearch.space.canonical import canonical
from rfsearch.space.choices import check_searched
from rfsearch.space.rules import Rules, Way
from rfsearch.space.space import Space
from rfsearch.why.lines import Lines
from rfsearch.why.member.holds import Held, held
from rfsearch.why.member.refusal import Visit, ended, refusals


@dataclass(frozen=True)
class Membership:
    """What a space and its question say of a stack.

    refused     why no way through the space gives the stack, a line each; empty where one does
    inputs      for each input of the question its figures, and what of it they miss

    As a truth value: whether it is a member.
    """

    refused: tuple[str, ...]
    inputs: tuple[Held, ...]

    @property
    def fitting(self) -> tuple[Held, ...]:
        """The inputs at which sizes, receptive field and budgets are as asked."""
        return tuple(one for one in self.inputs if not one.missed)

    @property
    def is_member(self) -> bool:
        """Whether the space has the stack, and the question takes it at some input."""
        return not self.refused and bool(self.fitting)

    @property
    def reasons(self) -> Lines:
        """Everything that speaks against it, a line each; empty for a member."""
        missed: dict[str, list[str]] = {}
        for one in () if self.fitting else self.inputs:
            for line in one.missed:
                missed.setdefault(line, []).append(size_text(one.sizes))
        at = (f"input {', '.join(inputs)}: {line}" for line, inputs in missed.items())
        return Lines((*self.refused, *at))

    def __bool__(self) -> bool:
        return self.is_member

    def __repr__(self) -> str:
        if not self.is_member:
            return f"<Membership: no: {shortened('; '.join(self.reasons), LONGEST_SHOWN)}>"
        return (
            f"<Membership: yes, at input {', '.join(size_text(one.sizes) for one in self.fitting)}>"
        )

    def _repr_html_(self) -> str:
        """For notebooks: yes and at which inputs, or every reason not."""
        if not self.is_member:
            return f"<p>no</p>{self.reasons._repr_html_()}"
        return f"<p>yes, at input {self._inputs}</p>"

    @property
    def _inputs(self) -> str:
        return ", ".join(size_text(one.sizes) for one in self.fitting)


def membership(space: Space, query: Query, stack: Stack) -> Membership:
    """Whether `stack`, stem and head included, is a match of the question."""
    marked = split_head(stack)[1]
    stack = tuple(item for item in stack if item != HEAD)
    body, refused = _body(space, stack)
    if marked and not refused and marked != space.head_stack:
        head = space.head or "nothing"
        refused = (f"head: the stack's own is {_excerpt(marked)}, not {head}",)
    if not refused:
        refused = tuple(_refused(space, query, body))
    headed = bool(space.head_stack) and stack[-len(space.head_stack) :] == space.head_stack
    features = stack[: len(stack) - len(space.head_stack)] if headed else stack
    inputs = tuple(held(space, query, features, stack, sizes) for sizes in query.inputs)
    return Membership(refused, inputs)


def _body(space: Space, stack: Stack) -> tuple[Stack, tuple[str, ...]]:
    """The stack without stem and head, and a line for each of them that it does not have."""
    stem, head = space.stem_stack, space.head_stack
    reasons = []
    end = len(stack) - len(head)
    begun = canonical(stack[: len(stem)], space.input_channels)
    if begun != canonical(stem, space.input_channels):
        reasons.append(f"stem: the stack begins with {_excerpt(begun)}, not {space.stem}")
    if end < len(stem) or stack[end:] != head:
        reasons.append(f"head: the stack ends in {_excerpt(stack[end:])}, not {space.head}")
    return stack[len(stem) : end], tuple(reasons)


def _excerpt(stack: Stack) -> str:
    return format_stack(stack) or "nothing"


def _refused(space: Space, query: Query, body: Stack) -> Iterable[str]:
    setting = space._setting(ROUNDINGS[query.rounding] == CEIL)
    rules = Rules(space, setting)
    first = len(space.stem_stack) + 1
    width = width_after(space.stem_stack, space.input_channels, space.axes)
    assert width is not None  # Space and the stem's own description agree
    flow: Flow = (width, 0)
    visits = {rules.begin(): Visit(0, width)}
    for number, item in enumerate(body):
        try:
            check_searched((item,), setting, f"item {first + number} ({format_item(item)})")
        except UsageError as error:
            return [str(error)]
        width = flow[0]
        after = flow_after((item,), flow, space.axes)
        if after is None:
            return [f"item {first + number} ({format_item(item)}): does not fit {width} channels"]
        then = _followed(rules, visits, canonical((item,), width)[0], number, width)
        if not then:
            return refusals(rules, visits, body, number, width, first)
        visits, flow = then, after
    if not body and not space.stem_stack:
        return ["the stack has no layer before the head"]
    if any(_may_end(rules, way) for way in visits):
        return []
    return ended(rules, visits, first + len(body) - 1)


def _followed(
    rules: Rules, visits: dict[Way, Visit], item: Item, number: int, width: int
) -> dict[Way, Visit]:
    """Every way on by one item; a visit says where the choice that it belongs to began."""
    then: dict[Way, Visit] = {}
    for way, visit in visits.items():
        if way.rest:
            if way.rest[0] == item:
                then.setdefault(way._replace(rest=way.rest[1:]), visit)
            continue
        for at in rules.next_slots(way):
            if at is None:
                continue
            for choice in rules.choices(at, width):
                items = canonical(choice.items, width)
                if items[0] == item and (made := rules.after(at, choice)) is not None:
                    then.setdefault(made._replace(rest=items[1:]), Visit(number, width, at))
    return then


def _may_end(rules: Rules, way: Way) -> bool:
    return not way.rest and None in rules.next_slots(way)
