"""Mine: the network that others are to be like, as a word between what stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from rfsearch.errors import UsageError
from rfsearch.layers.layer import FINER, Block, Layer, Stack
from rfsearch.layers.notation import parse_stack
from rfsearch.layers.notation.format import format_item, format_stack
from rfsearch.space.edits.context import CHANGEABLE, Context, Dress
from rfsearch.space.edits.spelling import spelled_word
from rfsearch.space.edits.word import CLOSE, OPEN, Sign, Word, word_of

HEADS = frozenset(("GAP", "FC"))
# What may stand before the head: what can change, and what stays where it stands.
STAYING = frozenset(("SE", "BN", "LN", "SCALE", "SUB"))
JOINS_READ = frozenset(("R", "I", "|", "+"))


@dataclass(frozen=True)
class Mine:
    """A network: `name` as it was given; the first `held` signs of `word` are the stem.

    `typed` is the word as it was written, whose paddings layers may keep; see spelling.
    """

    name: str
    word: Word
    typed: Word
    held: int
    head: Stack
    input_channels: int
    axes: int

    @classmethod
    def of(
        cls,
        given: object,
        stem: str = "",
        head: str = "",
        axes: int | None = None,
        input_channels: int | None = None,
    ) -> Mine:
        """From a notation, a name, a file with a network or a Network.

        `stem` and `head` hold the stack's own first and last items. Raises UsageError.
        """
        name, stack, own_axes, own_channels = _given(given)
        number = axes or own_axes
        channels = input_channels or own_channels
        body, tail = _parted(stack, head)
        held = _held(body, stem)
        for item in body:
            _check(item)
        _check_axes(word_of(body), number)
        typed = _written_out(word_of(body), channels)
        word, stem_signs = spelled_word(typed, number), len(word_of(body[:held]))
        return cls(name, word, typed, stem_signs, tail, channels, number)

    @cached_property
    def contexts(self) -> tuple[Context, ...]:
        """The context before each sign and at the end, as the network is written."""
        found = [Context(self.input_channels)]
        for sign in self.word:
            after = found[-1].after(sign)
            assert after is not None, "checked where it was read"
            found.append(after)
        return tuple(found)

    @cached_property
    def closing(self) -> dict[int, int]:
        """The number of the closing bracket of each opening one."""
        found: dict[int, int] = {}
        waiting: list[int] = []
        for number, sign in enumerate(self.word):
            if isinstance(sign, Layer):
                continue
            if sign.kind == OPEN:
                waiting.append(number)
            elif sign.kind == CLOSE:
                found[waiting.pop()] = number
        return found

    def layers(self, start: int, stop: int) -> int:
        """How many layers that can change stand among the signs start <= number < stop."""
        return sum(is_changeable(sign) for sign in self.word[start:stop])

    @cached_property
    def dresses(self) -> tuple[Dress, ...]:
        """Norm and bias of what is added before each sign and at the end.

        Those of the nearest convolution before it in the notation, else of the nearest after.
        """
        own: list[Dress | None] = [
            (sign.norm, sign.bias) if isinstance(sign, Layer) and sign.op in ("C", "DW") else None
            for sign in self.word
        ]
        first = next((dress for dress in own if dress is not None), ("", True))
        found = [first]
        for dress in own:
            found.append(found[-1] if dress is None else dress)
        return tuple(found)


def _given(given: object) -> tuple[str, Stack, int, int]:
    """Name, stack, axes and input channels of what is given; UsageError for what is none."""
    from rfsearch.network.names import find_name
    from rfsearch.network.network import Network
    from rfsearch.network.sources import FILES, load

    text = given.strip() if isinstance(given, str) else ""
    try:
        if text.lower().endswith(FILES):
            given = load(text)
        if isinstance(given, Network):
            if given.notation is None:
                raise UsageError(f"the notation has no words for all of it: {given.unsaid}")
            stack = parse_stack(given.notation)
            return text or given.notation, stack, len(given.input), given.input_channels
        if not text:
            raise UsageError(
                f"{given!r} is not a stack, a name, a file or a Network, like 64C3P1, resnet18 or "
                "model.onnx"
            )
        known = find_name(text)
        stack = parse_stack(known.stack if known else text)
    except UsageError as error:
        raise UsageError(f"like: {error}") from None
    return (text, stack, known.axes, known.input_channels) if known else (text, stack, 2, 3)


def is_changeable(sign: object) -> bool:
    """Whether it is a convolution or a pool."""
    return isinstance(sign, Layer) and sign.op in CHANGEABLE


def _written_out(word: Word, channels: int) -> Word:
    """The word with every convolution's width written; UsageError where widths do not fit."""
    context = Context(channels)
    found: list[Sign] = []
    for sign in word:
        if isinstance(sign, Layer) and sign.op == "C" and sign.channels is None:
            sign = replace(sign, channels=context.width)
        elif isinstance(sign, Layer) and sign.op == "DW" and sign.channels == context.width:
            sign = replace(sign, channels=None)
        after = context.after(sign)
        if after is None:
            what = format_item(sign) if isinstance(sign, Layer) else "the end of a branch"
            raise UsageError(f"like: widths do not fit together at {what}")
        context = after
        found.append(sign)
    return tuple(found)


def _check_axes(word: Word, axes: int) -> None:
    for sign in word:
        if not isinstance(sign, Layer):
            continue
        for value in (sign.kernel, sign.stride, sign.dilation):
            if isinstance(value, tuple) and len(value) != axes:
                raise UsageError(f"like: {format_item(sign)}: {len(value)} numbers for {axes} axes")
        if isinstance(sign.padding, tuple) and len(sign.padding) not in (1, axes):
            number = len(sign.padding)
            raise UsageError(f"like: {format_item(sign)}: {number} paddings for {axes} axes")


def _parted(stack: Stack, head: str) -> tuple[Stack, Stack]:
    """(body, head): the head begins at the first global pool or fully connected layer."""
    first = next(
        (i for i, item in enumerate(stack) if isinstance(item, Layer) and item.op in HEADS),
        len(stack),
    )
    if head:
        wanted = _described("head", head)
        if stack[len(stack) - len(wanted) :] != wanted:
            raise UsageError(f"head: {head} is not the end of {format_stack(stack)}")
        first = min(first, len(stack) - len(wanted))
    return stack[:first], stack[first:]


def _held(body: Stack, stem: str) -> int:
    if not stem:
        return 0
    wanted = _described("stem", stem)
    if body[: len(wanted)] != wanted:
        raise UsageError(f"stem: {stem} is not the beginning of {format_stack(body)}")
    return len(wanted)


def _described(place: str, text: str) -> Stack:
    try:
        return parse_stack(text)
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from None


def _check(item: object, inverted: bool = False) -> None:
    """UsageError for what a neighbourhood cannot hold."""
    if isinstance(item, Layer):
        if item.op in FINER:
            raise UsageError(
                f"like: {format_item(item)}: behind a transposed or resized layer outputs see "
                "fields of other sizes, which changes do not follow; say it, and all behind it, as "
                "head, or search the levels of a block (docs/stages.md)"
            )
        if item.op not in CHANGEABLE | STAYING:
            raise UsageError(
                f"like: {format_item(item)} describes networks and is not searched; before the "
                f"head stand {', '.join(sorted(CHANGEABLE | STAYING))} and blocks"
            )
        return
    assert isinstance(item, Block)
    text = format_item(item)
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    if item.join not in JOINS_READ:
        raise UsageError(f"like: {shown}: blocks of a search are R(…), I(…), (a|b) and (a+b)")
    if item.join == "I" and inverted:
        raise UsageError(f"like: {shown}: I(…) inside of I(…) is not searched")
    if not any(is_changeable(sign) for sign in word_of((item,))):
        raise UsageError(f"like: {shown}: a block without a convolution or pool")
    for branch in item.branches:
        for one in branch:
            _check(one, inverted or item.join == "I")
