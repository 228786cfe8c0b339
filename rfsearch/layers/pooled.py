"""Image-level branches of a search: a global average, 1×1 convolutions, resized back and joined.

Every output sees the whole input through one; the receptive field is that of the windows beside it.
"""

from __future__ import annotations

from rfsearch.errors import UsageError
from rfsearch.layers.layer import ADD, CONCAT, GAP, MULTIPLY, Block, Stack


def check_pooled(stack: Stack, place: str) -> None:
    """UsageError where a searched stack has a global average elsewhere than in such a branch."""
    if GAP in stack:
        raise UsageError(
            f"{place}: in a search GAP begins a branch beside others, as (64C3P1|GAP-64C1), "
            "or stands in the head"
        )
    for item in stack:
        if isinstance(item, Block):
            branches = item.branches
            if item.join in (CONCAT, ADD, MULTIPLY):
                pooled = [branch for branch in branches if GAP in branch]
                for branch in pooled:
                    _check_branch(branch, place)
                branches = tuple(branch for branch in branches if GAP not in branch)
                if not branches or item.branches[: len(branches)] != branches:
                    raise UsageError(f"{place}: branches with GAP stand behind one without")
            for branch in branches:
                check_pooled(branch, place)


def _check_branch(branch: Stack, place: str) -> None:
    at = branch.index(GAP)
    check_pooled(branch[:at], place)
    for item in branch[at + 1 :]:
        if isinstance(item, Block) or item.op != "C" or (item.kernel, item.stride) != (1, 1):
            raise UsageError(
                f"{place}: in a search 1×1 convolutions alone stand behind a GAP, as GAP-64C1"
            )
