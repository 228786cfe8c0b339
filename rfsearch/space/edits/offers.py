"""Offers: which layers and blocks may be added to a network, or stand in place of one of its own.

Added layers are drawn whole from the choices of the slots. A layer that changes keeps what it has
and may take from the slots' choices what it has not, field by field, a width only where a slot
leaves a choice of widths; its norm, its bias and a pool's rounding stay. See docs/stages.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.layers.layer import (
    ASIDE,
    FINER,
    MULTIPLY,
    PATCHES,
    POOLS,
    SAME,
    Layer,
    PerAxis,
    spread,
)
from rfsearch.layers.recurrence import window_growth
from rfsearch.space.choices import OPS, BlockSlot, LayerSlot, Setting
from rfsearch.space.edits.context import CHANGEABLE, Context, Dress
from rfsearch.space.edits.spelling import spelled, spelled_word
from rfsearch.space.edits.word import Word, word_of
from rfsearch.space.widths import Widths

_NAMES = {op: name for name, op in OPS.items()}


def _check_signs(slot: BlockSlot, word: Word) -> None:
    """UsageError for a block that the machine of edits cannot follow."""
    for sign in word:
        kind = sign.op if isinstance(sign, Layer) else sign.join
        if kind in (*FINER, MULTIPLY, ASIDE, PATCHES, "SUM", "GAP"):
            raise UsageError(
                f"{slot.place}.block: {slot.name} holds {kind}, which is not among the changes "
                "of --like"
            )


@dataclass(frozen=True)
class Offers:
    """What the flags or the file allow.

    layers, blocks   the slots
    setting          rounding of pools, gaps and wide paddings
    dressed          whether norm and bias were said: then added layers have the setting's
    ruled            whether widths follow from `layers`' one rule where they do in mine
    """

    layers: tuple[LayerSlot, ...]
    blocks: tuple[BlockSlot, ...]
    setting: Setting
    dressed: bool = False
    ruled: bool = False
    _layers: dict[tuple[Any, ...], tuple[Layer, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _words: dict[tuple[Any, ...], tuple[tuple[Word, int], ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def added(self, dress: Dress, context: Context) -> tuple[Layer, ...]:
        """Every layer that may be added where convolutions near by have this norm and bias."""
        key = (dress, context.width, context.convolved)
        if key not in self._layers:
            found = {
                spelled(self._dressed(layer, dress), self.setting.axes)
                for slot in self.layers
                for layer in self._drawn(slot, context)
            }
            self._layers[key] = tuple(sorted(found, key=lambda layer: layer.order))
        return self._layers[key]

    def changed(
        self, mine: Layer, follows: bool, dress: Dress, context: Context
    ) -> tuple[Layer, ...]:
        """Every layer that may stand in place of `mine`, itself perhaps among them.

        `follows`: its width follows from the rule.
        """
        key = (mine, follows, dress, context.width, context.convolved)
        if key not in self._layers:
            found: set[Layer] = set()
            for slot in self.layers:
                found.update(self._instead(slot, mine, follows, dress, context))
            self._layers[key] = tuple(sorted(found, key=lambda layer: layer.order))
        return self._layers[key]

    def words(self, context: Context) -> tuple[tuple[Word, int], ...]:
        """(word, layers) of every choice of a block that may be added."""
        key = (context.width,)
        if key not in self._words:
            found: dict[Word, int] = {}
            for slot in self.blocks:
                for choice in slot.choices(context.width, self.setting):
                    word = spelled_word(word_of(choice.items), self.setting.axes)
                    _check_signs(slot, word)
                    found[word] = sum(
                        isinstance(sign, Layer) and sign.op in CHANGEABLE for sign in word
                    )
            self._words[key] = tuple(found.items())
        return self._words[key]

    def width_by_rule(self, layer: Layer, context: Context) -> int | None:
        """The one width that the rule gives a convolution; None where there is no rule."""
        if not self.ruled or layer.op != "C" or layer.channels is None:
            return None
        strided = max(spread(layer.stride, self.setting.axes)) > 1
        widths = self.layers[0].channels.after(context.width, strided, context.convolved)
        return widths[0] if len(widths) == 1 else None

    def _drawn(self, slot: LayerSlot, context: Context) -> list[Layer]:
        choices = slot.choices(context.width, self.setting, context.convolved)
        return [choice.items[0] for choice in choices]  # type: ignore[misc]

    def _dressed(self, layer: Layer, dress: Dress) -> Layer:
        if layer.op in POOLS or self.dressed:
            return layer
        return replace(layer, norm=dress[0], bias=dress[1])

    def _instead(
        self, slot: LayerSlot, mine: Layer, follows: bool, dress: Dress, context: Context
    ) -> set[Layer]:
        axes = self.setting.axes
        own = {_NAMES[mine.op], *slot.op}
        wide = replace(
            slot,
            op=tuple(op for op in OPS if op in own),
            kernel=_with(slot.kernel, mine.kernel),
            stride=_with(slot.stride, mine.stride),
            dilation=_with(slot.dilation, mine.dilation),
            groups=_with(slot.groups, mine.groups),
            padding=slot.padding
            if _uneven(mine, axes)
            else _with(slot.padding, _plain(mine, axes)),
        )
        found = set(self._drawn(wide, context))
        if _uneven(mine, axes):
            found.update(self._with_padding(wide, mine, context))
        if mine.op == "C" and not follows:
            assert mine.channels is not None
            kept = Widths((mine.channels,), ())
            of_mine = replace(wide, channels=kept, op=("conv",))
            same = set(self._drawn(of_mine, context))
            if _uneven(mine, axes):
                same.update(self._with_padding(of_mine, mine, context))
            if not _leaves_a_choice(slot.channels):
                found = {layer for layer in found if layer.op != "C"}
            found |= same
        return {spelled(self._like(layer, mine, dress), axes) for layer in found}

    def _with_padding(self, slot: LayerSlot, mine: Layer, context: Context) -> list[Layer]:
        """The slot's layers with an uneven padding kept, as far as it is not too wide for them.

        Too wide is more in all than twice the limit of an even one.
        """
        axes = self.setting.axes
        bare = replace(slot, padding=(0,))
        pairs = _pairs(mine, axes)
        found = []
        for layer in self._drawn(bare, context):
            growths = [
                window_growth(k, d)
                for k, d in zip(
                    spread(layer.kernel, axes), spread(layer.dilation, axes), strict=True
                )
            ]
            fits = all(sum(pair) <= g + 1 for pair, g in zip(pairs, growths, strict=True))
            if fits or self.setting.allow_wide_padding:
                found.append(replace(layer, padding=mine.padding))
        return found

    def _like(self, layer: Layer, mine: Layer, dress: Dress) -> Layer:
        """A changed layer with what does not change: norm, bias, a pool's rounding."""
        if layer.op in POOLS:
            return replace(layer, ceil=mine.ceil) if mine.op in POOLS else layer
        if mine.op in POOLS:
            return self._dressed(layer, dress)
        layer = replace(layer, norm=mine.norm, bias=mine.bias)
        return replace(layer, channels=mine.channels) if layer.op == mine.op == "DW" else layer


def _leaves_a_choice(widths: Widths) -> bool:
    """Whether a changed convolution may take such a width: not one that follows from a rule."""
    return bool(widths.fixed) or len(widths.factors) > 1


def _with(values: tuple[Any, ...], own: Any) -> tuple[Any, ...]:
    return values if own in values else (*values, own)


def _pairs(mine: Layer, axes: int) -> tuple[tuple[int, int], ...]:
    if isinstance(mine.padding, int):
        return ((mine.padding, mine.padding),) * axes
    assert not isinstance(mine.padding, str)
    return mine.padding if len(mine.padding) > 1 else mine.padding * axes


def _uneven(mine: Layer, axes: int) -> bool:
    """Whether more is padded on one side of some axis than on the other."""
    if mine.padding == SAME:
        return False
    return any(before != after for before, after in _pairs(mine, axes))


def _plain(mine: Layer, axes: int) -> PerAxis | str:
    """An even padding as a slot has it."""
    if isinstance(mine.padding, (int, str)):
        return mine.padding
    return tuple(before for before, _ in _pairs(mine, axes))
