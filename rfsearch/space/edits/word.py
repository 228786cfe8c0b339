"""Words: a stack as one line of layers and brackets, so that a change is a change of one sign.

A network within so many changes of another is then a word within so many edits, which a
Levenshtein automaton reads from left to right, into blocks and out of them again.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from rfsearch.layers.layer import INVERTED, JOINS, RESIDUAL, Block, Item, Layer, Order, Stack
from rfsearch.layers.notation.format import format_item

OPEN, BAR, CLOSE, END = "open", "bar", "close", "end"


class Bracket(NamedTuple):
    """A sign that is no layer: an opening bracket, the sign between branches, a closing one.

    `branches` of an opening one: how many there will be. END stands behind a whole word.
    """

    kind: str
    join: str = ""
    branches: int = 0


Sign: TypeAlias = Layer | Bracket
Word: TypeAlias = tuple[Sign, ...]

THE_END = Bracket(END)


def word_of(stack: Stack) -> Word:
    """The stack as a word."""
    signs: list[Sign] = []
    for item in stack:
        if isinstance(item, Layer):
            signs.append(item)
            continue
        signs.append(Bracket(OPEN, item.join, len(item.branches)))
        for number, branch in enumerate(item.branches):
            if number:
                signs.append(Bracket(BAR, item.join))
            signs.extend(word_of(branch))
        signs.append(Bracket(CLOSE, item.join))
    return tuple(signs)


def stack_of(word: Word) -> Stack:
    """The stack that a word with all its brackets closed stands for."""
    opened: list[tuple[str, list[Stack]]] = []
    items: list[Item] = []
    behind: list[list[Item]] = []
    for sign in word:
        if isinstance(sign, Layer):
            items.append(sign)
        elif sign.kind == OPEN:
            opened.append((sign.join, []))
            behind.append(items)
            items = []
        elif sign.kind in (BAR, CLOSE):
            join, branches = opened[-1]
            branches.append(tuple(items))
            items = []
            if sign.kind == CLOSE:
                opened.pop()
                items = behind.pop()
                items.append(Block(join, tuple(branches)))
    return tuple(items)


def sign_order(sign: Sign) -> Order:
    """Key of the order of stacks for signs at one place: what ends comes before what goes on."""
    if isinstance(sign, Layer):
        return (3, sign.order)
    if sign.kind == OPEN:
        return (4, JOINS.index(sign.join), sign.branches)
    return ({END: 0, CLOSE: 1, BAR: 2}[sign.kind],)


def sign_text(sign: Sign, fresh: bool) -> str:
    """A sign as it is printed behind others; `fresh`: nothing stands before it in its branch."""
    if isinstance(sign, Layer):
        return format_item(sign) if fresh else "-" + format_item(sign)
    if sign.kind == END:
        return ""
    if sign.kind == OPEN:
        letter = sign.join if sign.join in (RESIDUAL, INVERTED) else ""
        return f"{'' if fresh else '-'}{letter}("
    return ("ID" if fresh else "") + (")" if sign.kind == CLOSE else sign.join)
