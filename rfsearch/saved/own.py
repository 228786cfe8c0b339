"""The own form: a question with its automaton as an archive, and back.

The document holds what shapes the question, as a dataset's manifest does, so that the space and
the query are the same again; states, transitions and the numbers of steps are arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rfsearch.api import Found
from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.plan import Link
from rfsearch.automaton.spots import Spots
from rfsearch.enumeration.question import Told, asked
from rfsearch.errors import UsageError
from rfsearch.layers.notation import format_stack, parse_stack
from rfsearch.layers.numbers import KnownNumbers
from rfsearch.question.exact import asked_of_device
from rfsearch.question.found import Found as Asked
from rfsearch.request.running import MEMORY_LIMIT
from rfsearch.saved.archive import packed, unpacked
from rfsearch.saved.steps import StoredLink, StoredSteps, split_numbers

SCHEMA = 3
_STATES = ("spot", "rf", "alive", "final", "first", "to", "step", "fields")
_SPOTS = ("place", "size", "jump", "final", "source", "target", "link")
_SPOTS_SAID = (
    "width", "ends", "sizes", "jumps", "loops", "depth", "joint", "most_layers", "dense_only"
)  # fmt: skip
_BOXES = ("start", "end", "least")


def written(found: Asked, question: Told) -> bytes:
    """The file of a compiled question; `question` as rfsearch.enumeration.question tells it.

    Raises UsageError where the costs of a step are beyond int64.
    """
    from rfsearch import __version__

    automaton, spots = found.automaton, found.automaton.spots
    if asked_of_device(found.query) or spots.steps.written is not None:
        raise UsageError("cost: what whole items cost beside the steps does not stand in a file")
    if spots.level is not None:
        raise UsageError("stage: transposed and resized layers do not stand in such a file")
    numbers, scalars = split_numbers(spots.figures.numbers)
    document = {
        "schema": SCHEMA,
        "rfsearch": __version__,
        "question": question,
        "automaton": {
            "start": automaton.start, "tracked": automaton.tracked, "axes": automaton.axes,
            "depths": automaton.depths,
        },
        "spots": {name: getattr(spots, name) for name in _SPOTS_SAID}
        | {"decided": sorted(spots.decided)},
        "numbers": scalars,
        "apart": spots.apart,
        "links": _links_said(spots.links),
    }  # fmt: skip
    arrays = {f"states.{name}": getattr(automaton, name) for name in _STATES}
    arrays |= {f"spots.{name}": getattr(spots, name) for name in _SPOTS}
    arrays |= {f"numbers.{name}": value for name, value in numbers.items()}
    arrays |= {f"extra.{name}": value for name, value in spots.extra.items()}
    boxes = zip(_BOXES, spots.boxes, strict=True)
    arrays |= {"steps.stride": spots.stride, **{f"steps.{name}": some for name, some in boxes}}
    return packed(document, arrays)


def read(
    data: bytes, place: str, threads: int | None = None, memory_limit: int | None = None
) -> Found:
    """The compiled question of a file's bytes; errors name `place`.

    Raises UsageError where the file is damaged, or was written by another version of rfsearch,
    whose spaces may mean something else.
    """
    from rfsearch import __version__

    document, arrays = unpacked(data, place)
    if (document["schema"], document["rfsearch"]) != (SCHEMA, __version__):
        raise UsageError(
            f"{place}: written by rfsearch {document['rfsearch']}, and this is {__version__}; "
            "write it again"
        )
    request = asked(document["question"], place)
    space = request.space()
    states: dict[str, Any] = {name: arrays[f"states.{name}"] for name in _STATES}
    states |= {name: _tuples(value) for name, value in document["automaton"].items()}
    automaton = Automaton(space, request.query(space), _spots(document, arrays), **states)
    return Found(automaton, threads, MEMORY_LIMIT if memory_limit is None else memory_limit)


def question_in(data: bytes, place: str) -> Told:
    """The question of a file's bytes. Raises UsageError as `read` does of damaged ones."""
    document, _ = unpacked(data, place)
    question: Told = document["question"]
    return question


def _spots(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Spots:
    numbers = KnownNumbers(**(_of(arrays, "numbers") | document["numbers"]))
    fields = {name: _tuples(value) for name, value in document["spots"].items()}
    fields |= {name: list(fields[name]) for name in ("sizes", "jumps")}
    fields["decided"] = frozenset(fields["decided"])
    fields |= {name: arrays[f"spots.{name}"] for name in _SPOTS}
    fields["links"] = _links_read(document["links"])
    fields["steps"] = StoredSteps(**_of(arrays, "steps"), known=numbers, apart=document["apart"])
    return Spots(**fields, extra=_of(arrays, "extra"))


def _of(arrays: Mapping[str, np.ndarray], group: str) -> dict[str, Any]:
    """The arrays of a group by name."""
    begin = f"{group}."
    return {name[len(begin) :]: some for name, some in arrays.items() if name.startswith(begin)}


def _links_said(links: tuple[Link, ...]) -> dict[str, list[Any]]:
    """Links as columns."""
    return {
        "kind": [link.kind for link in links],
        "to": [link.to for link in links],
        "input": [link.input for link in links],
        "stack": [format_stack(link.stack) for link in links],
        "text": [link.text for link in links],
        "convolutions": [link.convolutions for link in links],
    }


def _links_read(said: Mapping[str, list[Any]]) -> tuple[StoredLink, ...]:
    stacks = {text: parse_stack(text) if text else () for text in dict.fromkeys(said["stack"])}
    names = ("kind", "to", "input", "stack", "text", "convolutions")
    rows = zip(*(said[name] for name in names), strict=True)
    return tuple(
        StoredLink(kind, stacks[stack], to, input=tuple(input), words=text, counted=tuple(counted))
        for kind, to, input, stack, text, counted in rows
    )


def _tuples(value: Any) -> Any:
    """Lists of JSON as the tuples that they were."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
