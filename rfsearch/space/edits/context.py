"""Contexts: what a word says of the place where its next sign will stand, sizes aside."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rfsearch.layers.layer import CONCAT, RESIDUAL, Layer
from rfsearch.space.edits.word import BAR, END, OPEN, Bracket, Sign

CHANGEABLE = frozenset(("C", "DW", "MP", "AP"))

Dress = tuple[str, bool]  # norm and bias of a convolution


@dataclass(frozen=True)
class Opened:
    """A bracket that is open.

    source      channels at its start
    done        those of its finished branches: their sum, or for sums of one of them
    filled      whether some convolution or pool stands in it
    last        norm and bias of its last convolution: a projection has them
    left        branches still to come behind this one
    """

    join: str
    source: int
    left: int = 0
    done: int | None = None
    filled: bool = False
    last: Dress | None = None


@dataclass(frozen=True)
class Context:
    """Where the next sign will stand.

    width       channels there
    opened      the brackets around it, the outermost first
    fresh       whether nothing stands before it in its branch
    convolved   whether a convolution stands anywhere before it, and `filled` a pool or one
    """

    width: int
    opened: tuple[Opened, ...] = ()
    fresh: bool = True
    convolved: bool = False
    filled: bool = False

    def after(self, sign: Sign) -> Context | None:
        """The context behind a sign; None where widths do not fit or a bracket is empty."""
        if isinstance(sign, Layer):
            return self._after_layer(sign)
        if sign.kind == OPEN:
            inner = Opened(sign.join, self.width, sign.branches - 1)
            return replace(self, opened=(*self.opened, inner), fresh=True)
        return self if sign.kind == END else self._after_branch(sign)

    def _after_layer(self, layer: Layer) -> Context | None:
        width, opened = self.width, self.opened
        if layer.op == "SE" and (not isinstance(layer.kernel, int) or width < layer.kernel):
            return None
        if layer.op in ("C", "DW"):
            width = self.width if layer.channels is None else layer.channels
            groups = self.width if layer.op == "DW" else layer.groups
            if self.width % groups or width % groups:
                return None
        if opened and layer.op in CHANGEABLE:
            inner = replace(opened[-1], filled=True)
            if layer.op in ("C", "DW"):
                inner = replace(inner, last=(layer.norm, layer.bias))
            opened = (*opened[:-1], inner)
        return Context(
            width,
            opened,
            fresh=False,
            convolved=self.convolved or layer.op == "C",
            filled=self.filled or layer.op in CHANGEABLE,
        )

    def _after_branch(self, sign: Bracket) -> Context | None:
        inner = self.opened[-1]
        width = self.width
        if inner.done is not None:
            if inner.join == CONCAT:
                width += inner.done
            elif width != inner.done:
                return None
        if (sign.kind == BAR) != (inner.left > 0):
            return None
        if sign.kind == BAR:
            opened = (*self.opened[:-1], replace(inner, done=width, left=inner.left - 1))
            return replace(self, width=inner.source, opened=opened, fresh=True)
        if not inner.filled:
            return None
        if inner.join == RESIDUAL and width != inner.source and inner.last is None:
            return None
        opened = self.opened[:-1]
        if opened:
            outer = replace(opened[-1], filled=True, last=inner.last or opened[-1].last)
            opened = (*opened[:-1], outer)
        return replace(self, width=width, opened=opened, fresh=False)
