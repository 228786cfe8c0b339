"""The modules of a network of which a calculator says something else than is counted.

One of each kind is taken out of the network, with the input that it has there: so small is what
repeats the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from architectures import Architecture
from calculators_known import CALCULATORS
from torch import nn


class Leaf(NamedTuple):
    """A module without parts, as it is written, and the shape of its input."""

    kind: str
    module: Any
    shape: tuple[int, ...]

    @property
    def architecture(self) -> Architecture:
        """As the calculators take it: within another module."""
        name = " ".join(repr(self.module).split())
        sizes = "×".join(map(str, self.shape))
        return Architecture(
            "module", f"{name} of {sizes}", lambda: nn.Sequential(self.module), self.shape
        )


def leaves(module: Any, example: Any) -> list[Leaf]:
    """The first of each kind that is given one tensor; a bias makes another kind."""
    found: dict[str, Leaf] = {}
    hooks = []

    def seen(part: Any, inputs: Any, _output: Any) -> None:
        kind = type(part).__name__
        kind += " without bias" if getattr(part, "bias", 0) is None else ""
        if len(inputs) == 1 and isinstance(inputs[0], torch.Tensor):
            found.setdefault(kind, Leaf(kind, part, tuple(inputs[0].shape)))

    for part in module.modules():
        if not list(part.children()):
            hooks.append(part.register_forward_hook(seen))
    with torch.no_grad():
        module(example)
    for hook in hooks:
        hook.remove()
    return list(found.values())


def differing(
    module: Any, example: Any, compare: Callable[[Architecture], Any], known: dict[Leaf | str, Any]
) -> Iterator[tuple[str, str]]:
    """(calculator, kind) of each leaf with other MACs; `known` has the comparisons by kind."""
    for leaf in leaves(module, example):
        if leaf.kind not in known:
            known[leaf.kind] = compare(leaf.architecture)
        compared = known[leaf.kind]
        for name in CALCULATORS:
            said = compared.said[name] if compared else ""
            if not isinstance(said, str) and said.macs != compared.counted.macs:
                yield name, leaf.kind
