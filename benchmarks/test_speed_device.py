"""What a microcontroller takes: the items of a preset priced, its list proven."""

from test_speed_costs import request_of

from rfsearch.device.tflm import item
from rfsearch.question.found import Found


def test_the_items_of_microcontroller(side_by_side, note):
    """As a search has them, each item at many sizes, against each item lowered by itself."""
    request = request_of("microcontroller")
    space = request.space()
    found = Found._build(space, request.query(space), **request.running)
    places = found.automaton.items.places

    def as_searched():
        for cached in (item.item_cost, item._template, item._planned):
            cached.cache_clear()
        return [item.item_cost(one.item, one.channels, one.sizes) for one in places]

    def alone():
        return [item._Template(one.item, one.channels)._worked_out(one.sizes)[0] for one in places]

    ours, theirs = side_by_side(as_searched, alone, 3, "≥ 5")
    assert ours == theirs
    note("items", len(places))
