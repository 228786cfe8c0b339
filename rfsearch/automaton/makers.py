"""Makers: which builder makes the spots of a space. The only place that looks at its kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from rfsearch.automaton.by_depth import Reached, found_by_depth
from rfsearch.automaton.discover import discovered
from rfsearch.automaton.heads import Heads
from rfsearch.automaton.plan import Body, body_of
from rfsearch.automaton.spots import Spots
from rfsearch.errors import UsageError
from rfsearch.layers.cost import CHARGED
from rfsearch.layers.layer import FINER
from rfsearch.layers.recurrence import CEIL, ROUNDINGS
from rfsearch.request.query import Query
from rfsearch.request.running import Progress
from rfsearch.space.choices import OPS, causal_axis
from rfsearch.space.space import Space

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood


def has_loops(space: Space | Neighbourhood, query: Query) -> bool:
    """Returns True where a control with loops serves.

    It does where the whole space is one run of layers, of one input, and one bounded target for
    all axes, which nothing tells apart.
    """
    return isinstance(space, Space) and space.slot is not None and _one_axis(space, query)


def serve_all(space: Space | Neighbourhood) -> bool:
    """Returns True where the same spots serve every target and depth.

    A run of layers has spots of its own for each depth, a neighbourhood for each target.
    """
    return isinstance(space, Space) and space.slot is None


def by_depth(
    space: Space | Neighbourhood,
    query: Query,
    memory_limit: int,
    progress: Progress,
) -> Reached:
    """The spots of a control with loops, where `has_loops`."""
    assert isinstance(space, Space)
    body = _body(space, query, loops=True, ended=False)
    depth = depth_within(query, body.depth)
    return found_by_depth(
        body, query, space.axes, depth, space.input_channels, memory_limit, progress
    )


def _one_axis(space: Space, query: Query) -> bool:
    # Loops make one of all jumps that no growing window may follow.
    if query.target_rf is None or len(query.inputs) > 1 or query.jump is not None:
        return False
    if query.tells_axes_apart or query.target_rf[0][1] is None:
        return False
    assert space.slot is not None
    kind, _ = space.slot
    if any(OPS[op] in FINER for op in kind.op):
        return False
    windows = (*kind.kernel, *kind.stride, *kind.dilation, *kind.padding)
    return not any(isinstance(value, tuple) or causal_axis(value) is not None for value in windows)


def spots_of(
    space: Space | Neighbourhood, query: Query, memory_limit: int, progress: Progress,
    apart: tuple[str, ...],
) -> Spots:  # fmt: skip
    """Every spot on a way from an input to an end.

    Where costs are asked for that tell spots `apart`, the end is a step of its own.
    """
    ended = bool(apart)
    if not isinstance(space, Space):
        if set(apart) - set(CHARGED):
            raise UsageError("deepmad, effectiveness, coverage: not costs of a neighbourhood")
        from rfsearch.automaton.edits.spots import like_spots

        return like_spots(space, query, memory_limit, progress)
    narrow = _as_deep_as_asked(space, query)
    body = _body(narrow or space, query, loops=False, ended=ended)
    peak = query.budgets.get("peak_memory", (None, None))
    heads = Heads(space.head_stack, space.input_channels, peak, query.activation_bytes)
    steps = (narrow or space)._control(ROUNDINGS[query.rounding] == CEIL).steps + 1
    if set(apart) - set(CHARGED) and body.is_finer:
        raise UsageError(
            "deepmad, effectiveness: not defined where layers may be transposed or resized"
        )
    spots = discovered(body, query, heads, space.axes, steps, memory_limit, progress)
    if narrow:
        spots = replace(spots, decided=frozenset({"depth"}))
    if not body.is_finer:
        return spots
    from rfsearch.automaton.views import viewed

    return viewed(spots)


def depth_within(query: Query, depth: tuple[int, int]) -> tuple[int, int]:
    """The numbers of layers that a budget on depth leaves; none where the first is greater."""
    (low, high), (least, most) = depth, query.budgets.get("depth", (None, None))
    return max(low, least or 0), high if most is None else min(high, most)


def _as_deep_as_asked(space: Space, query: Query) -> Space | None:
    """A run of layers repeated as often as a budget on depth says, which then holds by itself.

    None where there is no such budget, where an item need not be one layer, or nothing is left.
    """
    if space.slot is None or "depth" not in query.budgets:
        return None
    kind, repeat = space.slot
    low, high = depth_within(query, repeat)
    if low > high or any(OPS[op] in FINER for op in kind.op):
        return None
    key = ("as deep", (low, high))
    if key not in space.memo:
        space.memo[key] = space._repeated((low, high))
    return cast("Space", space.memo[key])


def body_of_space(space: Space | Neighbourhood, query: Query) -> Body | None:
    """The body that a question of the space is built from, with loops where they serve.

    None for networks like one, which are gone through sign by sign.
    """
    if not isinstance(space, Space):
        return None
    return _body(space, query, has_loops(space, query), ended=False)


# Small bodies by space and form: a space made anew for a question next door is an equal one.
_kept: dict[tuple[object, ...], Body] = {}
MOST_KEPT, MOST_LINKS = 64, 1 << 11


def _body(space: Space, query: Query, loops: bool, ended: bool) -> Body:
    ceil = ROUNDINGS[query.rounding] == CEIL
    made = _known_body(space, ceil, loops, ended, apart=False)
    if made.in_patches and (query.tells_axes_apart or made.differs_by_axis):
        return _known_body(space, ceil, loops, ended, apart=True)
    return made


def _known_body(space: Space, ceil: bool, loops: bool, ended: bool, apart: bool) -> Body:
    form = (ceil, loops, ended, apart)
    key = ("body", form)
    if key not in space.memo:
        space.memo[key] = _kept.get((space.fields, form)) or _new_body(space, *form)
    return cast("Body", space.memo[key])


def _new_body(space: Space, ceil: bool, loops: bool, ended: bool, apart: bool) -> Body:
    control = space._control(ceil, loops)
    made = body_of(control, space.stem_stack, space.head_stack, space.axes, ended, apart)
    if len(made.links) <= MOST_LINKS:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[space.fields, (ceil, loops, ended, apart)] = made
    return made
