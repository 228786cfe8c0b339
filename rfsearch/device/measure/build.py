"""An item as a network of its own, as it runs within one: with its activation function."""

from __future__ import annotations

from dataclasses import replace

from rfsearch.device.place import Place
from rfsearch.export.plan import Plan
from rfsearch.export.planner import plan
from rfsearch.layers.layer import Layer

# What comes after an item in a network; the last layer alone has no activation function.
_BEHIND = (Layer("GAP"), Layer("FC", channels=1))


def item_plan(place: Place) -> Plan:
    """The plan of one item. UsageError where it does not fit there, or runs in patches."""
    alone = plan((place.item,), place.sizes, place.channels)
    alone.check_whole("every runtime here")
    within = plan((place.item, *_BEHIND), place.sizes, place.channels)
    return replace(alone, parts=within.parts[: len(alone.parts)])
