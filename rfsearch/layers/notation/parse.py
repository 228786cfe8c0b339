"""Text to stack: a descent through groups, branches and layers."""

from __future__ import annotations

import re

from rfsearch.layers.layer import (
    ADD,
    ASIDE,
    CONCAT,
    HEAD,
    INVERTED,
    MULTIPLY,
    PATCHES,
    POOLS,
    RESIDUAL,
    Block,
    Item,
    Stack,
    split_head,
    with_head,
)
from rfsearch.layers.notation.cursor import Cursor
from rfsearch.layers.notation.parse_layer import parse_layer, per_axis

LAYER_LIMIT = 10_000
NESTING_LIMIT = 60
PATCH_LIMIT = 8

_ONE_BRANCH = {"R(": RESIDUAL, "I(": INVERTED, "A(": ASIDE}
_JOINS = (CONCAT, ADD, MULTIPLY)
_PATCHES = re.compile(r"P[0-9x]+\(")
_IN_PATCHES = POOLS | {"C", "DW"}


def parse_stack(text: str) -> Stack:
    """The stack that `text` describes, repetitions written out; UsageError at the character.

    A stack of more than LAYER_LIMIT layers is refused before it is written out.
    """
    cursor = Cursor(text)
    cursor.skip_space()
    if cursor.done:
        cursor.fail("a layer expected, like 64C3P1")
    stack = _stack(cursor, depth=0)
    if not cursor.done:
        cursor.fail("'-' and a layer expected, or the end")
    return _checked_head(cursor, stack)


def _checked_head(cursor: Cursor, stack: Stack) -> Stack:
    """The stack with its mark only where it says something; a mark parts layers from layers."""
    if HEAD not in stack:
        return stack
    body, head = split_head(stack)
    at = cursor.text.find(HEAD.op)
    if HEAD in head:
        cursor.fail("HEAD: a second one; a network has one head", cursor.text.rfind(HEAD.op))
    if not body or not head:
        cursor.fail("HEAD stands between the layers of the body and those of the head", at)
    return with_head(body, head)


def layer_count(stack: Stack) -> int:
    """Layers of a stack, those inside blocks included."""
    return sum(
        sum(layer_count(branch) for branch in item.branches) if isinstance(item, Block) else 1
        for item in stack
    )


def _stack(cursor: Cursor, depth: int) -> Stack:
    if depth > NESTING_LIMIT:
        cursor.fail(f"blocks nested more than {NESTING_LIMIT} deep")
    items: list[Item] = []
    layers = 0
    while True:
        cursor.skip_space()
        start = cursor.at
        found = _items(cursor, depth)
        times = 1
        if cursor.text[cursor.at - 1] == ")" and cursor.take("x"):
            times = cursor.number("number of repetitions")
        if depth and HEAD in found:
            cursor.fail("HEAD stands outside of all brackets", start)
        layers += layer_count(found) * times
        if layers > LAYER_LIMIT:
            cursor.fail(f"the stack has {layers:,} layers, more than {LAYER_LIMIT:,}", start)
        items.extend(found * times)
        cursor.skip_space()
        if not cursor.take("-"):
            return tuple(items)


def _items(cursor: Cursor, depth: int) -> Stack:
    """One layer, one block, or the items of a bracket without branches."""
    for opening, join in _ONE_BRANCH.items():
        if cursor.take(opening):
            branches = _branches(cursor, depth, opening)
            if len(branches) > 1:
                cursor.fail(f"{opening}…) holds one branch", cursor.at - 1)
            return (Block(join, tuple(branches)),)
    if _PATCHES.match(cursor.text, cursor.at):
        return _patches(cursor, depth)
    if cursor.take("("):
        start = cursor.at
        branches = _branches(cursor, depth, "(")
        if len(branches) == 1:
            return branches[0]
        return (Block(_join_of(cursor, start, branches), tuple(branches)),)
    return (parse_layer(cursor),)


def _patches(cursor: Cursor, depth: int) -> Stack:
    """`P2(…)`: one block of one branch; a single patch is the branch itself."""
    start = cursor.at
    cursor.take(PATCHES)
    patches = per_axis(cursor, "patches")
    opening = cursor.text[start : cursor.at]
    if max(patches if isinstance(patches, tuple) else (patches,)) > PATCH_LIMIT:
        cursor.fail(f"{opening}(…): more than {PATCH_LIMIT} patches along an axis", start)
    cursor.take("(")
    branches = _branches(cursor, depth, f"{opening}(")
    if len(branches) > 1:
        cursor.fail(f"{opening}(…) holds one branch", cursor.at - 1)
    if not branches[0]:
        cursor.fail(f"{opening}(ID): a layer expected", start)
    if patches == 1:
        return branches[0]
    if (name := _needs_whole(branches[0])) is not None:
        cursor.fail(
            f"{opening}(…): {name} needs whole maps; patches take C, DW, MP, AP, R(…), I(…) and "
            "branches of them",
            start,
        )
    return (Block(PATCHES, tuple(branches), patches),)


def _needs_whole(stack: Stack) -> str | None:
    """The first layer or block of a stack that cannot be computed patch by patch; None: none."""
    for item in stack:
        if not isinstance(item, Block):
            if item.op not in _IN_PATCHES:
                return item.op
            continue
        if item.join in (ASIDE, PATCHES):
            return f"{item.join}(…)"
        for branch in item.branches:
            if (name := _needs_whole(branch)) is not None:
                return name
    return None


class _Branches(list[Stack]):
    """Branches and the sign between them."""

    join: str = ""


def _branches(cursor: Cursor, depth: int, opening: str) -> _Branches:
    """Branches up to the closing bracket, all joined by one sign."""
    opened = cursor.at - 1
    branches = _Branches()
    while True:
        branches.append(_branch(cursor, depth))
        if cursor.take(")"):
            return branches
        sign = next((sign for sign in _JOINS if cursor.next_is(sign)), None)
        if sign is None:
            if cursor.done:
                cursor.fail(f"{opening} is never closed", opened)
            cursor.fail("'-', '|', '+', '*' or ')' expected")
        if branches.join not in ("", sign):
            cursor.fail(f"{sign} after {branches.join}: one bracket joins its branches one way")
        branches.join = sign
        cursor.take(sign)


def _join_of(cursor: Cursor, start: int, branches: _Branches) -> str:
    if not any(branches):
        cursor.fail("every branch is ID", start)
    return branches.join


def _branch(cursor: Cursor, depth: int) -> Stack:
    cursor.skip_space()
    if cursor.take("ID"):
        cursor.skip_space()
        return ()
    return _stack(cursor, depth + 1)
