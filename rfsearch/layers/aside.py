"""Skip sums of a search: what is put aside with A(…) along a stack, and SUM, which goes on with it.

Between the first A(…) and SUM every layer keeps its size, and every output reads the position that
it stands at. So each tensor sees all that those before it see. What is put aside sees what its item
passes on, as only 1×1 convolutions stand between; so the last one sees what all of them see, and
SUM goes on with that field: a step still adds a constant. SUM stands right behind an A(…), as else
layers between them would reach no output.
"""

from __future__ import annotations

from rfsearch.errors import UsageError
from rfsearch.layers.layer import (
    ASIDE,
    RESIDUAL,
    SAME,
    Block,
    Item,
    Layer,
    Stack,
    layers_in,
    spread,
)

SUM = Layer("SUM")


def puts_aside(item: Item) -> bool:
    """Whether something is put aside in the item."""
    if isinstance(item, Layer):
        return False
    return item.join == ASIDE or any(puts_aside(one) for branch in item.branches for one in branch)


def check_asides(stack: Stack, place: str) -> None:
    """UsageError where a searched stack puts aside, or collects, what cannot be followed."""
    for number, item in enumerate(stack):
        if isinstance(item, Layer):
            before = stack[number - 1] if number else None
            if item == SUM and not (isinstance(before, Block) and before.join == ASIDE):
                raise UsageError(
                    f"{place}: SUM stands right behind the last A(…), as other layers between "
                    "them would reach no output"
                )
            continue
        if SUM in layers_in((item,)):
            raise UsageError(f"{place}: in a search SUM stands outside of all brackets")
        if puts_aside(item):
            _check_block(item, place)


def _check_block(block: Block, place: str) -> None:
    """What is put aside in a block: by 1×1 convolutions, in a row of layers or in R(…)."""
    (branch,) = block.branches if len(block.branches) == 1 else (None,)
    if branch is None or block.join not in (ASIDE, RESIDUAL):
        raise UsageError(f"{place}: in a search A(…) stands in a row of layers or in R(…) alone")
    if block.join == ASIDE:
        behind: Stack = branch
        if not branch or not all(map(_is_pointwise, branch)):
            raise UsageError(f"{place}: in a search A(…) holds 1×1 convolutions, as A(512C1)")
    else:
        first = next(number for number, item in enumerate(branch) if puts_aside(item))
        behind = branch[first:]
        for item in behind:
            if isinstance(item, Block) and item.join == ASIDE:
                _check_block(item, place)
            elif not _is_pointwise(item):
                raise UsageError(
                    f"{place}: in R(…) only A(…) and 1×1 convolutions may follow an A(…), so that "
                    "what is put aside sees what the block passes on"
                )


def _is_pointwise(item: Item) -> bool:
    if isinstance(item, Block) or item.op != "C" or item.padding not in (0, SAME):
        return False
    return item.kernel == 1 and item.stride == 1


def strays(item: Item, axes: int) -> bool:
    """Whether some layer of an item changes the size, or leaves out the position it stands at."""
    return any(not _stays(layer, axes) for layer in layers_in((item,)))


def _stays(layer: Layer, axes: int) -> bool:
    if layer.op in ("SE", "SUM", "GAP"):
        return True
    if layer.op not in ("C", "DW", "MP", "AP"):
        return False
    pairs = layer.padding
    for axis in range(axes):
        kernel, stride, dilation = (
            spread(value, axes)[axis] for value in (layer.kernel, layer.stride, layer.dilation)
        )
        grown = dilation * (kernel - 1)
        if isinstance(pairs, tuple):
            before, after = pairs[0] if len(pairs) == 1 else pairs[axis]
        elif pairs == SAME:
            before, after = grown // 2, grown - grown // 2
        else:
            before = after = int(pairs)
        if stride > 1 or before + after != grown or before % dilation:
            return False
    return True
