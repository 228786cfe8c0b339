"""Modules that are not read, but treated as the user says: pointwise or global."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.network.axis import AxisMap, Window
from rfsearch.network.tensor import Tensor
from rfsearch.network.torch.call import module_stack, shapes_of
from rfsearch.network.torch.exported import submodule
from rfsearch.network.torch.flops import macs_of
from rfsearch.network.torch.reading import Reading

POINTWISE, GLOBAL = "pointwise", "global"


@dataclass
class Treated:
    """One run of a module: its calls, and what is said of them."""

    path: str
    how: str
    calls: set[Any] = field(default_factory=set)

    def read(self, fx_node: Any, reading: Reading) -> None:
        """Make a row where the run gives a tensor that others read."""
        shapes = shapes_of(fx_node)
        if not shapes or all(reader in self.calls for reader in fx_node.users):
            return
        sources = [
            tensor
            for call in self.calls
            for source in call.all_input_nodes
            if source not in self.calls and (tensor := reading.maybe(source)) is not None
        ]
        if not sources:
            return
        made = self._made(sources, shapes[0], reading)
        weights: dict[str, int] = {}
        for call in self.calls:
            for source in call.all_input_nodes:
                weights |= reading.weights.get(source, {})
        reading.tracer.graph.weigh(made.node, weights)
        reading.tensors[fx_node] = made

    def _made(self, sources: list[Tensor], shape: list[int], reading: Reading) -> Tensor:
        tracer, place = reading.tracer, f"treat: module {self.path!r}"
        macs = sum(map(macs_of, self.calls))
        if self.how == GLOBAL:
            made = tracer.opaque(sources, shape, self.path, place, why="", macs=macs)
            tracer.unknown.pop()
            return made
        first = sources[0]
        sizes = tracer.graph.nodes[first.node].sizes
        if shape[2:] != list(sizes):
            raise UsageError(
                f"{place}: not pointwise, from {'×'.join(map(str, sizes))} positions it makes "
                f"{'×'.join(map(str, shape[2:]))}"
            )
        maps: tuple[AxisMap, ...] = (Window(),) * len(sizes)
        node = tracer.graph.apply(
            first.node, "C", self.path, maps, place=place, channels=shape[1], macs=macs
        )
        return Tensor(node, tracer.standard(node).dims)


def check_treated(module: Any, treat: Mapping[str, str]) -> None:
    """UsageError unless there are such modules, and each is treated in a way that is known."""
    for path, how in treat.items():
        submodule(module, path, "treat")
        if how not in (POINTWISE, GLOBAL):
            raise UsageError(f"treat: {path!r}: {how!r} is not 'pointwise' or 'global'")


def treated_calls(program: Any, treat: Mapping[str, str]) -> dict[Any, Treated]:
    """The run that each call of a treated module belongs to."""
    runs: dict[str, Treated] = {}
    found: dict[Any, Treated] = {}
    for fx_node in program.graph.nodes:
        for key, path, _ in module_stack(fx_node):
            if path in treat:
                run = runs.setdefault(key, Treated(path, treat[path]))
                run.calls.add(fx_node)
                found[fx_node] = run
                break
    return found
