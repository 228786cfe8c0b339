"""Wider: a space with a rule of it taken back, and how one asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space


@dataclass(frozen=True)
class Wider:
    """The space after the change; `values` holds the options that change, `flags` what to type.

    label  for people
    way    the direction that it goes in, of which only the nearest change is told
    """

    label: str
    flags: str
    values: Mapping[str, Any]
    way: str
    space: Space | Neighbourhood
