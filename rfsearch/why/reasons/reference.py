"""What is worth knowing of the network that matches are like: its own figures, how few changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.layers.cost import CHANGES
from rfsearch.request.query import Query, Sizes, size_text
from rfsearch.why.reasons.wording import counted, cut

if TYPE_CHECKING:
    from rfsearch.question.found import Found
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space

MOST_INPUTS = 4


def no_match(space: Space | Neighbourhood, query: Query) -> list[str]:
    """Where nothing matches: the network's own figures, and that the changes do not suffice."""
    if space.reference is None:
        return []
    few = f"no network within {counted(space.changes, 'change')} of it matches"
    return [*_each(space, query), few]


def matches(space: Space | Neighbourhood, query: Query, found: Found) -> list[str]:
    """The network's own figures, and how few changes suffice, where that is known."""
    if space.reference is None:
        return []
    return [*_each(space, query), *(_fewest(found) if found.decided else ())]


def _fewest(found: Found) -> list[str]:
    least = found.least(CHANGES.name)[CHANGES.name]
    if not least:
        return [] if least is None else ["it matches as it is"]
    return [f"{counted(least, 'change')} {'suffices' if least == 1 else 'suffice'}"]


def _each(space: Neighbourhood, query: Query) -> list[str]:
    """A line on the network itself at each of the first inputs."""
    return [_figures(space, sizes) for sizes in query.inputs[:MOST_INPUTS]]


def _figures(space: Neighbourhood, sizes: Sizes) -> str:
    from rfsearch.network.from_notation import describe
    from rfsearch.network.network import Network
    from rfsearch.space.edits.word import stack_of

    reference, name, at = space.mine, cut(space.mine.name), size_text(sizes)
    stack = (*stack_of(reference.word), *reference.head)
    try:
        network = Network(describe(stack, sizes, space.input_channels), "reference")
    except UsageError as error:
        return f"{name} itself does not fit input {at}: {error}"
    rf, output = (
        "×".join(map(str, figure)) if isinstance(figure, tuple) else str(figure)
        for figure in (network.rf, network.output_size)
    )
    return f"{name} itself has RF {rf} at input {at}, output size {output}"
