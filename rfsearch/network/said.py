"""A described network in the words of the notation, where it can be said in it.

A graph of nodes is a stack where every join has one node that all of its branches begin at, and no
branch reads what stands in another: then it is a block. What comes out is described anew, and
believed only where every figure of every row agrees. Activation functions are no part of the
notation.
"""

from __future__ import annotations

from rfsearch.errors import RfsearchError
from rfsearch.layers.layer import ADD, CONCAT, MULTIPLY, RESIDUAL, Block, Item, Layer, Stack
from rfsearch.network.network import Network
from rfsearch.network.node import INPUT, Node
from rfsearch.network.said_layer import Unsaid, said_layers

_JOINS = (ADD, CONCAT, MULTIPLY)


def said(network: Network) -> tuple[str | None, str]:
    """(notation, "") of a network that was read; (None, why not) where it cannot be said."""
    from rfsearch.layers.notation import format_stack
    from rfsearch.network.recognise import agree

    if network.stopped:
        return None, "; ".join(network.stopped)
    try:
        stack = _Sayer(network.nodes, network.outputs).stack()
    except Unsaid as reason:
        return None, str(reason)
    if not stack:
        return None, "it has no layers"
    text = format_stack(stack)
    try:
        if agree(network, stack):
            return text, ""
    except RfsearchError as error:
        return None, str(error)
    return None, "its rows run in another order, or differ in what the notation has no words for"


class _Sayer:
    """The nodes, and of each the last one before it that every path from the input passes."""

    def __init__(self, nodes: list[Node], outputs: list[int]) -> None:
        self.nodes = nodes
        self.outputs = outputs
        self.before = [0] * len(nodes)
        for index in range(1, len(nodes)):
            self.before[index] = self._common(list(nodes[index].inputs))
        self.said: set[int] = set()

    def _common(self, indices: list[int]) -> int:
        """The last node that every path to any of these passes, one of them or before."""
        found = indices[0]
        for index in indices[1:]:
            while found != index:
                if found > index:
                    found = self.before[found]
                else:
                    index = self.before[index]
        return found

    def stack(self) -> Stack:
        """The whole network; Unsaid names what stands in the way."""
        if len(self.outputs) != 1:
            raise Unsaid(f"{len(self.outputs)} outputs")
        names: set[str] = set()
        for index, node in enumerate(self.nodes):
            if names & set(node.weights):
                raise Unsaid(f"row {index} ({node.name}) shares its weights with another")
            names |= set(node.weights)
        stack = self._between(0, self.outputs[0])
        if len(self.said) < len(self.nodes) - 1:
            raise Unsaid("some rows are not on the way to its output")
        return stack

    def _between(self, start: int, end: int) -> Stack:
        """The items after node `start` up to node `end`."""
        items: list[Item] = []
        while end != start:
            node = self.nodes[end]
            if end in self.said or node.op == INPUT:
                raise Unsaid(f"row {end} ({node.name}) is read by branches that do not meet again")
            self.said.add(end)
            if node.op in _JOINS and not node.maps:
                begin = self._common(list(node.inputs))
                if begin < start:
                    raise Unsaid(f"row {end} ({node.name}) joins what began before its branch")
                items.append(self._block(end, node, begin))
                end = begin
            else:
                items += reversed(said_layers(self.nodes, end))
                end = node.inputs[0]
        return tuple(reversed(items))

    def _block(self, number: int, node: Node, begin: int) -> Item:
        if node.kind or node.params:
            raise Unsaid(f"row {number} ({node.name}) is {node.kind or 'a join that learns'}")
        branches = [self._between(begin, source) for source in node.inputs]
        if node.op == MULTIPLY:
            return _gate(branches, self.nodes[begin].channels)
        if node.op == ADD and len(branches) == 2:
            main = max(branches, key=len)
            skip = branches[1 - branches.index(main)]
            if main and (not skip or _is_projection(skip, main)):
                return Block(RESIDUAL, (main,))
        return Block(node.op, tuple(branches))


def _gate(branches: list[Stack], channels: int) -> Item:
    """Squeeze-and-excitation, if the product is that."""
    if len(branches) == 2 and not branches[0] and len(branches[1]) == 3:
        pool, squeeze, excite = branches[1]
        if isinstance(squeeze, Layer) and squeeze.channels:
            reduction = channels // squeeze.channels
            wanted = (
                Layer("GAP"),
                Layer("C", channels=channels // reduction if reduction else 0, bias=squeeze.bias),
                Layer("C", channels=channels, bias=squeeze.bias),
            )
            linear = (_pointwise(squeeze), _pointwise(excite))
            if (pool, *linear) == wanted:
                return Layer("SE", reduction, bias=squeeze.bias)
    return Block(MULTIPLY, tuple(branches))


def _pointwise(item: Item) -> Item:
    """A linear layer on one position is a 1×1 convolution."""
    if isinstance(item, Layer) and item.op == "FC":
        return Layer("C", channels=item.channels, norm=item.norm, bias=item.bias)
    return item


def _is_projection(skip: Stack, main: Stack) -> bool:
    """Whether the skip is what a residual block learns where its ends differ."""
    last = next((one for one in reversed(main) if isinstance(one, Layer) and one.channels), None)
    if len(skip) != 1 or not isinstance(skip[0], Layer) or last is None:
        return False
    one = skip[0]
    plain = Layer("C", 1, one.stride, channels=one.channels, norm=one.norm, bias=one.bias)
    return one == plain and (one.norm, one.bias) == (last.norm, last.bias)
