"""A torch module to a Graph: exported by torch.export, then read call by call.

torch.export traces with shapes alone, so nothing is computed and the module stays as it is, its
mode (training or evaluation) too.
"""

from __future__ import annotations

import logging
import operator
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rfsearch.errors import MissingExtraError, UsageError
from rfsearch.network.graph import Graph
from rfsearch.network.input_size import InputSize, input_sizes
from rfsearch.network.tensor import Tensor, standard
from rfsearch.network.tracer import Tracer


@dataclass
class Call:
    """One call of an ATen operator, its arguments by name; tensors are fx nodes.

    node        the call itself
    following   the next call, where it is the only reader and belongs to the same module
    """

    op: str
    name: str
    place: str
    arguments: dict[str, Any]
    shape: list[int]
    node: Any
    following: Any


@dataclass
class Reading:
    """What is known while the calls are read.

    tensors      values that depend on the input (a list where an operator has several outputs)
    parameters   the module's parameters by fx node: (path, shape)
    absorbed     calls that are part of what came before; their input is their output
    partial      sums and products that the next call goes on with: (op, their tensors)
    """

    tracer: Tracer
    tensors: dict[Any, Tensor | list[Tensor]] = field(default_factory=dict)
    parameters: dict[Any, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)
    absorbed: set[Any] = field(default_factory=set)
    partial: dict[Any, tuple[str, list[Tensor]]] = field(default_factory=dict)

    def tensor(self, call: Call, argument: str) -> Tensor:
        """The tensor at an argument; UsageError where it does not depend on the input."""
        found = self.maybe(call.arguments.get(argument))
        if found is None:
            raise UsageError(f"{call.place}: its {argument} does not come from the input")
        return found

    def maybe(self, value: Any) -> Tensor | None:
        """The tensor of an fx node; None for anything else."""
        try:
            found = self.tensors.get(value)
        except TypeError:  # lists are not hashable, and are no tensors
            return None
        return found if isinstance(found, Tensor) else None

    def learned(self, value: Any) -> int:
        """Values of a parameter; 0 for anything else."""
        shape = self.parameter_shape(value)
        count = 1 if shape is not None else 0
        for size in shape or ():
            count *= size
        return count

    def parameter_shape(self, value: Any) -> tuple[int, ...] | None:
        """The shape of a parameter or buffer; None for anything else."""
        try:
            found = self.parameters.get(value)
        except TypeError:
            return None
        return found[1] if found else None


def read_torch(module: Any, given: InputSize, channels: int | None) -> Graph:
    """The graph of a module on an input of these sizes; UsageError where it cannot be followed."""
    try:
        import torch  # type: ignore[import-not-found]
    except ImportError:
        raise MissingExtraError("from_torch needs torch, which is not installed") from None
    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"module: {type(module).__name__} is not a torch.nn.Module")
    first = next(
        (one for one in module.modules() if isinstance(one, torch.nn.modules.conv._ConvNd)), None
    )
    sizes = input_sizes(given, first.weight.dim() - 2 if first is not None else None)
    if channels is None:
        channels = first.in_channels if first is not None else 3
    program = _exported(module, (1, channels, *sizes))
    reading = Reading(Tracer())
    node = reading.tracer.graph.add_input(sizes, channels)
    _read_inputs(program, module, reading, standard(node, channels, sizes))
    for fx_node in program.graph.nodes:
        if fx_node.op == "call_function":
            _read_call(fx_node, reading)
    graph = _finished(program, module, reading)
    claimed = getattr(module, "notation", "")
    graph.claimed = claimed if isinstance(claimed, str) else ""
    return graph


def _exported(module: Any, shape: tuple[int, ...]) -> Any:
    import warnings

    import torch

    like = next(iter(module.parameters()), None)
    example = torch.zeros(
        shape,
        dtype=torch.float32 if like is None else like.dtype,
        device="cpu" if like is None else like.device,
    )
    try:
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")
            return torch.export.export(module, (example,), strict=False)
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[0] if lines else type(error).__name__
        name = type(module).__name__
        # A batch norm in training mode refuses the single position of a batch of one.
        at_fault = module.training and "when training" in reason
        hint = "; it is in training mode, try module.eval()" if at_fault else ""
        raise UsageError(
            f"{name}: torch.export cannot trace it on {list(shape)}: {reason[:200]}{hint}"
        ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's own log of an operator that fails; the error says it in one line."""
    log = logging.getLogger("torch._subclasses.fake_tensor")
    disabled, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = disabled


def _read_inputs(program: Any, module: Any, reading: Reading, source: Tensor) -> None:
    signature = program.graph_signature
    parameters = dict(signature.inputs_to_parameters)
    buffers = dict(signature.inputs_to_buffers)
    shapes = {path: tuple(value.shape) for path, value in module.named_parameters()}
    shapes |= {path: tuple(value.shape) for path, value in module.named_buffers()}
    for fx_node in program.graph.nodes:
        if fx_node.op != "placeholder":
            continue
        path = parameters.get(fx_node.name) or buffers.get(fx_node.name)
        if path:
            learned = fx_node.name in parameters
            if learned:
                reading.parameters[fx_node] = (path, shapes[path])
        elif fx_node.name in signature.user_inputs:
            reading.tensors[fx_node] = source


def _read_call(fx_node: Any, reading: Reading) -> None:
    if fx_node.target is operator.getitem:
        made = reading.tensors.get(fx_node.args[0])
        if isinstance(made, list):
            reading.tensors[fx_node] = made[fx_node.args[1]]
        elif made is not None and fx_node.args[1] == 0:
            reading.tensors[fx_node] = made
        return
    if not any(_depends(source, reading) for source in fx_node.all_input_nodes):
        _derive(fx_node, reading)
        return
    from rfsearch.network.torch.operators import OPERATORS, unknown

    if fx_node in reading.absorbed:
        reading.tensors[fx_node] = reading.tensors[fx_node.args[0]]
        return
    call = _call(fx_node, reading)
    made = OPERATORS.get(call.op, unknown)(call, reading, fx_node.target)
    if made is not None:
        reading.tensors[fx_node] = made


def _depends(source: Any, reading: Reading) -> bool:
    return source in reading.tensors


def _derive(fx_node: Any, reading: Reading) -> None:
    """What is computed from one parameter (a weight norm, a transposition) is that parameter."""
    known = [source for source in fx_node.all_input_nodes if source in reading.parameters]
    value = fx_node.meta.get("val")
    if known and hasattr(value, "shape"):
        path = reading.parameters[known[0]][0]
        reading.parameters[fx_node] = (path, tuple(int(size) for size in value.shape))


def _call(fx_node: Any, reading: Reading) -> Call:
    arguments = named_arguments(fx_node)
    op = operator_name(fx_node)
    name = _row_name(fx_node, arguments, reading)
    value = fx_node.meta.get("val")
    shape = [int(size) for size in value.shape] if hasattr(value, "shape") else []
    place = f"module {name!r} ({op})"
    return Call(op, name, place, arguments, shape, fx_node, _following(fx_node))


def operator_name(fx_node: Any) -> str:
    """An ATen operator without its overload."""
    return str(fx_node.target._schema.name.split("::")[-1])


def named_arguments(fx_node: Any) -> dict[str, Any]:
    """The arguments of a call by name, with the operator's defaults."""
    arguments: dict[str, Any] = {}
    for index, argument in enumerate(fx_node.target._schema.arguments):
        if index < len(fx_node.args):
            arguments[argument.name] = fx_node.args[index]
        elif argument.name in fx_node.kwargs:
            arguments[argument.name] = fx_node.kwargs[argument.name]
        else:
            arguments[argument.name] = (
                argument.default_value if argument.has_default_value() else None
            )
    return arguments


def _following(fx_node: Any) -> Any:
    """The only call that reads this one's output, where the same module makes both."""
    readers = list(fx_node.users)
    if len(readers) != 1 or not hasattr(readers[0].target, "_schema"):
        return None
    return readers[0] if _module_path(readers[0]) == _module_path(fx_node) else None


def _module_path(fx_node: Any) -> str:
    stack = list((fx_node.meta.get("nn_module_stack") or {}).values())
    return str(stack[-1][0]) if stack else ""


def _row_name(fx_node: Any, arguments: dict[str, Any], reading: Reading) -> str:
    """The path of the module that owns the weights or is torch's own, else path and operator."""
    weight = arguments.get("weight")
    if weight in reading.parameters:
        return reading.parameters[weight][0].rpartition(".")[0] or fx_node.name
    stack = list((fx_node.meta.get("nn_module_stack") or {}).values())
    path, kind = stack[-1] if stack else ("", "")
    kind = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__name__}"
    if path and kind.startswith("torch.nn.modules.") and ".container." not in kind:
        return str(path)
    return f"{path}.{fx_node.name}" if path else str(fx_node.name)


def _finished(program: Any, module: Any, reading: Reading) -> Graph:
    graph = reading.tracer.graph
    output = next(node for node in program.graph.nodes if node.op == "output")
    wanted = set(program.graph_signature.user_outputs)
    nodes = []
    for source in output.all_input_nodes:
        made = reading.tensors.get(source)
        if source.name in wanted and made is not None:
            nodes += [one.node for one in (made if isinstance(made, list) else [made])]
    if not nodes:
        raise UsageError(f"{type(module).__name__}: no output depends on the input")
    graph.outputs = list(dict.fromkeys(nodes))
    if reading.passed:
        listed = ", ".join(f"{op} ×{count}" for op, count in sorted(reading.passed.items()))
        graph.notes.append(f"elementwise operators passed over: {listed}")
    return graph
