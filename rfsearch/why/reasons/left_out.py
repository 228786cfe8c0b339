"""What the defaults leave out of a run of layers, and the flag that brings each back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.layers.layer import SAME, Layer
from rfsearch.layers.recurrence import CEIL, ROUNDINGS
from rfsearch.request.query import Query
from rfsearch.space.choices import ANY, Choice, LayerSlot
from rfsearch.why.reasons.windows import window_alone
from rfsearch.why.reasons.wording import counted

if TYPE_CHECKING:
    from rfsearch.question.found import Found
    from rfsearch.space.space import Space


def left_out(space: Space, query: Query) -> list[str]:
    """One line for each rule that keeps layers out of a space that is one slot."""
    if space.slot is None:
        return []
    slot, _ = space.slot
    lines = []
    gaps = _more(space, slot, query, allow_gaps=True)
    if gaps:
        lines.append(
            f"left out: {counted(gaps, 'choice')} of a layer that skips input pixels "
            "(stride above the window): --allow-gaps"
        )
    if ANY in slot.padding:
        lines.append("left out: paddings above (d(k−1)+1)//2: --padding LIST --allow-wide-padding")
    elif set(slot.padding) != {SAME} and (wide := _more(space, slot, query, allow_wide=True)):
        lines.append(
            f"left out: {counted(wide, 'choice')} of a layer padded above "
            "(d(k−1)+1)//2: --allow-wide-padding"
        )
    if query.rounding == "exact":
        lines.append("left out: sizes that leave a remainder: --rounding floor")
    return lines


def holes_left_out(found: Found) -> list[str]:
    """How many stacks more there are whose RF has positions that no output reads, if any may."""
    with_holes = [one.space for one in found.space._wider() if one.way == "holes"]
    if not found.automaton.spots.dense_only or not with_holes:
        return []
    wider = type(found)._build(with_holes[0], found.query, found.threads, found.memory_limit)
    (least, most), (fewest, all_) = found.count_bounds(), wider.count_bounds()
    low, high = max(fewest - most, 0), all_ - least
    if high == 0:
        return []
    number = f"{low:,}" if low == high else f"between {low:,} and {high:,}"
    stacks = "stack" if low == high == 1 else "stacks"
    return [
        f"left out: {number} {stacks} with holes, positions of the RF that reach no output: "
        "--allow-holes, --min-coverage 0.9"
    ]


def _more(
    space: Space, slot: LayerSlot, query: Query, allow_gaps: bool = False, allow_wide: bool = False
) -> int:
    """How many windows more there are with one rule taken back; widths aside."""
    now = space._setting(ROUNDINGS[query.rounding] == CEIL)
    then = now._replace(
        allow_gaps=now.allow_gaps or allow_gaps,
        allow_wide_padding=now.allow_wide_padding or allow_wide,
    )
    counts = [
        len({_window(choice) for choice in slot.choices(space.input_channels, setting)})
        for setting in (then, now)
    ]
    return counts[0] - counts[1]


def _window(choice: Choice) -> Layer:
    (layer,) = choice.items
    assert isinstance(layer, Layer)
    return window_alone(layer)
