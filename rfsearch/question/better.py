"""Better: what is no worse than the network that matches are like, as budgets on its own costs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.layers.cost import CHANGES, RF
from rfsearch.question.found import Found
from rfsearch.request.query import Query

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space


def no_worse(space: Space | Neighbourhood, query: Query, memory_limit: int) -> Query:
    """The question with the network's own figures as bounds, of each cost in `query.better`.

    Raises UsageError where there is no such network, or where it has no valid sizes.
    """
    if space.reference is None:
        raise UsageError("better: than which network? only the networks like one are compared")
    if len(query.inputs) > 1:
        raise UsageError("better: the network has other costs at each input; give one input")
    names = [name for name in query.better if name.removeprefix("max:") not in _NO_BUDGET]
    alone = replace(query, better=(), target_rf=None, output_size=None, jump=None, budgets={})
    own = Found._build(space.within(0), alone, memory_limit=memory_limit).top(1, by=names or None)
    if not len(own):
        raise UsageError(
            f"better: {space.reference} has no valid sizes at input {query.input_texts()[0]} with "
            f"{query.rounding} rounding"
        )
    bounds = {
        ("min_" if greatest else "max_") + name: own[name][0]
        for name, greatest in ((one.removeprefix("max:"), one.startswith("max:")) for one in names)
    }
    return replace(query.within(bounds), better=())


_NO_BUDGET = (CHANGES.name, RF.name)  # the one orders the list, the other is the target
