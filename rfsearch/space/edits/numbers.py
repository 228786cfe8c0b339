"""Numbers: signs, contexts and the rest of added blocks by small numbers, while a control is made.

Numbers are compared and looked up where the things themselves would be, thousands of times each.
"""

from __future__ import annotations

from typing import Any

from rfsearch.layers.layer import Layer, Order
from rfsearch.space.edits.context import Context
from rfsearch.space.edits.word import THE_END, Sign, Word, sign_order

NO_SIGN = 0  # the number of the end
NO_REST = 0


class Numbers:
    """What has a number: `signs` and `contexts`, and the `rests` of added blocks.

    order   where each sign stands among others
    seen    of each sign, the number of what Context.after makes use of: behind signs that agree in
            it stands one context
    rests   (sign, rest behind it) of each rest but the empty one
    """

    def __init__(self) -> None:
        self.signs: list[Sign] = []
        self.order: list[Order] = []
        self.seen: list[int] = []
        self.contexts: list[Context] = []
        self.rests: list[tuple[int, int]] = [(NO_SIGN, NO_REST)]
        self._sign: dict[Sign, int] = {}
        self._context: dict[Context, int] = {}
        self._rest: dict[tuple[int, int], int] = {}
        self._seen: dict[Sign | tuple[Any, ...], int] = {}
        self._example: list[Sign] = []
        self._after: dict[tuple[int, int], int] = {}
        self.sign(THE_END)

    def sign(self, sign: Sign) -> int:
        """The number of a sign."""
        number = self._sign.setdefault(sign, len(self.signs))
        if number == len(self.signs):
            self.signs.append(sign)
            self.order.append(sign_order(sign))
            self.seen.append(self._seen.setdefault(_seen(sign), len(self._example)))
            if self.seen[-1] == len(self._example):
                self._example.append(sign)
        return number

    def context(self, context: Context) -> int:
        """The number of a context."""
        number = self._context.setdefault(context, len(self.contexts))
        if number == len(self.contexts):
            self.contexts.append(context)
        return number

    def rest(self, word: Word) -> int:
        """The number of what is to come of an added block."""
        rest = NO_REST
        for sign in reversed(word):
            one = (self.sign(sign), rest)
            rest = self._rest.setdefault(one, len(self.rests))
            if rest == len(self.rests):
                self.rests.append(one)
        return rest

    def after(self, context: int, seen: int) -> int:
        """The number of the context behind signs of one look; -1 where there is none."""
        key = (context, seen)
        if key not in self._after:
            after = self.contexts[context].after(self._example[seen])
            self._after[key] = -1 if after is None else self.context(after)
        return self._after[key]


def _seen(sign: Sign) -> Sign | tuple[Any, ...]:
    if isinstance(sign, Layer):
        reduction = sign.kernel if sign.op == "SE" else 1
        return (sign.op, reduction, sign.channels, sign.groups, sign.norm, sign.bias)
    return sign
