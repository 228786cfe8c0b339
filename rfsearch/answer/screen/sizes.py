"""The sizes that a found stack passes through: `227 → 55 → 27`."""

from __future__ import annotations

from rfsearch.layers.layer import SAME, Layer
from rfsearch.layers.notation import parse_stack
from rfsearch.layers.recurrence import CEIL, FLOOR, output_size, same_output_size, window_growth


def sizes(stack: str, n: int) -> list[int]:
    """The input size and the output size of each layer of a sequential square stack, in pixels."""
    passed = [n]
    for layer in parse_stack(stack):
        assert isinstance(layer, Layer)
        assert isinstance(layer.kernel, int) and isinstance(layer.stride, int)
        assert isinstance(layer.dilation, int)
        growth = window_growth(layer.kernel, layer.dilation)
        # What matched under exact rounding leaves no remainder, so that floor gives the same.
        rounding = CEIL if layer.ceil else FLOOR
        if layer.padding == SAME:
            n = same_output_size(n, growth, layer.stride, rounding)
        else:
            assert isinstance(layer.padding, int)
            n = output_size(n, growth, layer.stride, layer.padding, layer.padding, rounding)
        passed.append(n)
    return passed


def staged_sizes(stack: str, given: object, channels: int) -> list[str]:
    """The sizes before and after each top-level item of any stack, up to the head.

    `given` is an input as StagedQuery writes it: a number, or text such as 128x431.
    """
    from rfsearch.network.from_notation import Step, describe

    numbers = tuple(int(word) for word in str(given).split("x"))
    steps: list[Step] = []
    items = parse_stack(stack)
    describe(items, numbers, channels, steps)
    top = [step for step in steps if any(step.item is item for item in items)]
    passed = [numbers, *(step.made.sizes for step in top if not step.made.after_head)]
    return ["×".join(map(str, n)) if len(set(n)) > 1 else str(n[0]) for n in passed]


def arrows(stack: str, n: int) -> str:
    """The sizes of a sequential square stack as one line."""
    return as_arrows([str(size) for size in sizes(stack, n)])


def as_arrows(passed: list[str]) -> str:
    """Sizes as one line; runs of one size are written once, with their length."""
    parts: list[str] = []
    at = 0
    while at < len(passed):
        end = at
        while end + 1 < len(passed) and passed[end + 1] == passed[at]:
            end += 1
        run = end - at + 1
        parts.append(passed[at] if run == 1 else f"{passed[at]} ×{run}")
        at = end + 1
    return " → ".join(parts)
