"""What is worth knowing about a neighbourhood and a question: mine itself, and what lies near."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import gcd
from typing import TYPE_CHECKING, Any

from rfsearch.errors import LimitError, UsageError
from rfsearch.request.query import LARGEST_RF
from rfsearch.request.staged_query import StagedQuery, size_text
from rfsearch.space.edits.word import stack_of
from rfsearch.why.nearby.ask import Near
from rfsearch.why.nearby.change import Change

if TYPE_CHECKING:
    from rfsearch.network import Network
    from rfsearch.space.edits.space import LikeSpace

FARTHEST = (2, 8, 32)  # pixels on either side of the target, one after another
MORE_CHANGES = 2

Progress = Callable[[str, float], None]


def like_why(
    space: LikeSpace, query: StagedQuery, by_changes: Mapping[int, int] | None
) -> list[str]:
    """A line on mine at each input, and one on how few changes suffice, where that is known."""
    lines = [_mine(space, sizes) for sizes in query.inputs[:4]]
    if by_changes == {}:
        lines.append(f"no network within {_changes(space.changes)} of it matches")
        lines.extend(_residue(space, query))
    elif by_changes:
        least = min(by_changes)
        lines.append(
            "it matches as it is" if least == 0 else f"{_changes(least)} {_suffice(least)}"
        )
    return lines


def like_around(
    space: LikeSpace, query: StagedQuery, running: Mapping[str, Any], progress: Progress
) -> list[Near]:
    """The nearest RF below and above the target in the neighbourhood, with their exact counts.

    Only for one target on axes that are alike; nothing where it outgrows a limit.
    """
    if query.target_rf is None or len(set(query.target_rf)) > 1:
        return []
    low, high = query.target_rf[0]
    if high is None:
        return []
    for far in FARTHEST:
        wide = (max(low - far, 1), min(high + far, LARGEST_RF))
        asked = replace(query, target_rf=(wide,) * len(query.target_rf))
        try:
            frame = space.found(asked, **running, progress=progress).reach(("memory", "macs"))
        except (LimitError, UsageError):
            return []
        rows = [row for row in frame.iter_rows(named=True) if isinstance(row["rf"], int)]
        near = [*[r for r in rows if r["rf"] < low][-1:], *[r for r in rows if r["rf"] > high][:1]]
        if near:
            return [_near(row) for row in near]
    return []


def like_rescues(
    space: LikeSpace, query: StagedQuery, running: Mapping[str, Any], progress: Progress
) -> list[Near]:
    """For a question without an answer: the nearest RFs, and the next number of changes."""
    found = like_around(space, query, running, progress)
    for more in range(1, MORE_CHANGES + 1):
        changes = space.changes + more
        try:
            wider = space.within(changes).found(query, **running, progress=progress)
            least, most = wider.count_bounds()
        except (LimitError, UsageError):
            break
        if most:
            text = _changes(changes)
            change = Change(text, f"--changes {changes}", {"changes": changes}, text)
            found.append(Near(change, least if least == most else None, least, most))
            break
    return found


def _near(row: Mapping[str, Any]) -> Near:
    rf = row["rf"]
    change = Change(f"RF {rf}", f"--target-rf {rf}", {"target_rf": rf}, f"RF {rf}")
    known = row["matches"]
    least, most = row.get("matches_at_least", known), row.get("matches_at_most", known)
    matches = None if known is None else int(known)
    return Near(change, matches, int(least), int(most), row["least_memory"], row["least_macs"])


def _residue(space: LikeSpace, query: StagedQuery) -> list[str]:
    """A line where no window grows an RF by what the target needs, whatever the strides."""
    if query.target_rf is None or space.plan(query.rounding).wide:
        return []
    for axis, (low, high) in enumerate(query.target_rf):
        common = gcd(*(growth[axis] for growth in space.growths(query.rounding)))
        if common > 1 and high is not None and (low - 2) // common == (high - 1) // common:
            return [
                f"every window grows the RF by a multiple of {common}, so that only RF 1, "
                f"{1 + common}, {1 + 2 * common}, … can occur; other kernels: --kernel"
            ]
    return []


def _mine(space: LikeSpace, sizes: tuple[int, ...]) -> str:
    at = size_text(sizes)
    try:
        network = _network(space, sizes)
    except UsageError as error:
        return f"{space.mine.name} itself does not fit input {at}: {error}"
    rf, output = (
        "×".join(map(str, figure)) if isinstance(figure, tuple) else str(figure)
        for figure in (network.rf, network.output_size)
    )
    return f"{space.mine.name} itself has RF {rf} at input {at}, output size {output}"


def _network(space: LikeSpace, sizes: tuple[int, ...]) -> Network:
    from rfsearch.network.from_notation import describe
    from rfsearch.network.network import Network

    mine = space.mine
    return Network(describe((*stack_of(mine.word), *mine.head), sizes, mine.input_channels), "mine")


def _changes(number: int) -> str:
    return f"{number} {'change' if number == 1 else 'changes'}"


def _suffice(number: int) -> str:
    return "suffices" if number == 1 else "suffice"
