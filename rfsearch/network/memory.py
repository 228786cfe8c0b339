"""Which tensors are alive at each step of a network: running and peak memory, tensors only.

Nodes run in the order in which they stand. A tensor is alive from the step that makes it to the
last step that reads it. Norms and activation functions work in place; so does a sum or product,
where one of its operands is not read later. A concatenation's branches are written side by side,
so it needs no room of its own; but what it holds more than once is copied. The network's outputs
stay alive to the end.

Where nodes run in patches, what they read and what they make are alive whole from the first node to
the last, as every patch needs them; of the tensors between, a patch holds what it needs.
"""

from __future__ import annotations

from rfsearch.network.node import CONCAT, IN_PLACE, OWN, VIEW, Node
from rfsearch.network.patches import Patches, alive_in_patch


def live_values(nodes: list[Node], outputs: list[int]) -> list[int]:
    """Values alive while each node runs, its inputs and its output among them."""
    return [sum(held.values()) for held in live_tensors(nodes, outputs)]


def live_tensors(nodes: list[Node], outputs: list[int]) -> list[dict[int, int]]:
    """The tensors alive while each node runs, in the order of their making, and the values of each.

    Each is named by the node that made its room: what works in place has its input's, a
    concatenation that of its copies. Of what runs in patches the values are those of the patch that
    holds most then.
    """
    live, stores, rooms = _followed(nodes, outputs)
    made = {patches: stores[last] for patches, (_, last) in _runs(nodes).items()}
    found = []
    for node, alive in zip(nodes, live, strict=True):
        held = {one: rooms[one] for one in alive}
        if patches := node.patches:
            inner = (one for one in alive if nodes[one].patches is patches)
            parts = [one for one in inner if one not in made[patches]]
            sized = [(nodes[one], rooms[one] // nodes[one].volume) for one in parts]
            held |= zip(parts, alive_in_patch(patches, sized), strict=True)
        found.append(held)
    return found


def _followed(
    nodes: list[Node], outputs: list[int]
) -> tuple[list[list[int]], list[frozenset[int]], list[int]]:
    """(the tensors alive while each node runs, the rooms that each node's tensor occupies, the
    values of the room that each node makes)."""
    last_read = _last_reads(nodes, outputs)
    runs = _runs(nodes)
    ends = {last: first for first, last in runs.values()}
    source: dict[Patches | None, int] = {}
    for patches, (first, last) in runs.items():
        source[patches] = min(read for node in nodes[first : last + 1] for read in node.inputs)
        last_read[source[patches]] = max(last_read[source[patches]], last)
    stores: list[frozenset[int]] = []  # the nodes whose room each tensor occupies
    rooms: list[int] = []
    freed_after: dict[int, int] = {}
    live: list[list[int]] = []
    for index in range(len(nodes)):
        # What patches read stays for the next patch, so that nothing is written over it.
        held = source.get(nodes[index].patches)
        kept = frozenset() if held is None else stores[held]
        stores.append(_stores(index, nodes, stores, rooms, kept, freed_after))
        rooms.append(_made(index, nodes, stores[index], rooms))
        for store in stores[index]:
            freed_after[store] = max(freed_after.get(store, index), last_read[index])
        live.append(
            sorted(
                store
                for store, end in freed_after.items()
                if end >= index or store in stores[index]
            )
        )
        # What nothing reads any more is gone before the next step.
        freed_after = {store: end for store, end in freed_after.items() if end > index}
        for one in range(ends.get(index, index), index):
            live[one] = sorted({*live[one], *stores[index]})
    return live, stores, rooms


def stored(node: Node) -> bool:
    """Whether training keeps the node's output: convolutions, pools, FC, sums and products."""
    return node.storage == OWN or node.op in ("+", "*")


def _runs(nodes: list[Node]) -> dict[Patches, tuple[int, int]]:
    """The first and the last of the nodes that run in the same patches."""
    found: dict[Patches, tuple[int, int]] = {}
    for index, node in enumerate(nodes):
        if node.patches:
            found[node.patches] = found.get(node.patches, (index, index))[0], index
    return found


def _last_reads(nodes: list[Node], outputs: list[int]) -> list[int]:
    last = list(range(len(nodes)))
    for index, node in enumerate(nodes):
        for source in node.inputs:
            last[source] = index
    for output in outputs:
        last[output] = len(nodes)
    return last


def _stores(
    index: int,
    nodes: list[Node],
    stores: list[frozenset[int]],
    rooms: list[int],
    kept: frozenset[int],
    freed_after: dict[int, int],
) -> frozenset[int]:
    """The rooms that the node's output occupies: its own, or those of its inputs."""
    node = nodes[index]
    if node.storage == VIEW:
        shared: frozenset[int] = frozenset().union(*(stores[one] for one in node.inputs))
        copies = node.op == CONCAT and node.values > sum(rooms[store] for store in shared)
        return shared | {index} if copies else shared
    if node.storage == IN_PLACE:
        for source in node.inputs:
            same_room = nodes[source].values == node.values
            # Nobody else may still read what occupies any of that room.
            free = all(freed_after[store] <= index for store in stores[source])
            if same_room and free and not stores[source] & kept:
                return stores[source]
    return frozenset((index,))


def _made(index: int, nodes: list[Node], stored_in: frozenset[int], rooms: list[int]) -> int:
    """Values of the room that a node makes; of a concatenation those that are copied."""
    if index not in stored_in:
        return 0
    return nodes[index].values - sum(rooms[store] for store in stored_in if store != index)
