"""One call of an ATen operator, as torch.export wrote it down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Call:
    """A call with its arguments by name; tensors are fx nodes.

    name        of its row: the module's path, and the operator where that is not torch's own
    place       what stands before an error
    shapes      of its outputs; `shape` that of the first
    node        the call itself
    following   the next call, where it is the only reader and belongs to the same module
    """

    op: str
    name: str
    place: str
    arguments: dict[str, Any]
    shapes: list[list[int]]
    node: Any
    following: Any

    @property
    def shape(self) -> list[int]:
        return self.shapes[0] if self.shapes else []

    def number(self, name: str, default: int) -> int:
        """A whole number among the arguments."""
        value = self.arguments.get(name)
        return default if value is None else int(value)


def call_of(fx_node: Any, weight_owner: str) -> Call:
    """The call of an fx node; `weight_owner` is the module that owns its weights, or ""."""
    op = operator_name(fx_node)
    name = weight_owner or _row_name(fx_node)
    return Call(
        op,
        name,
        f"module {name!r} ({op})",
        named_arguments(fx_node),
        shapes_of(fx_node),
        fx_node,
        _following(fx_node),
    )


def shapes_of(fx_node: Any) -> list[list[int]]:
    """Shapes of a node's outputs, as torch worked them out."""
    value = fx_node.meta.get("val")
    values = value if isinstance(value, list | tuple) else [value]
    return [[int(size) for size in one.shape] for one in values if hasattr(one, "shape")]


def operator_name(fx_node: Any) -> str:
    """An ATen operator without its overload and without the mark of one that works in place."""
    schema = getattr(fx_node.target, "_schema", None)
    if schema is None:
        return str(getattr(fx_node.target, "__name__", fx_node.target))
    name = str(schema.name.split("::")[-1])
    return name if name.endswith("__") else name.removesuffix("_")


def named_arguments(fx_node: Any) -> dict[str, Any]:
    """The arguments of a call by name, with the operator's defaults."""
    schema = getattr(fx_node.target, "_schema", None)
    if schema is None:
        return {str(number): value for number, value in enumerate(fx_node.args)}
    arguments: dict[str, Any] = {}
    for index, argument in enumerate(schema.arguments):
        if index < len(fx_node.args):
            arguments[argument.name] = fx_node.args[index]
        elif argument.name in fx_node.kwargs:
            arguments[argument.name] = fx_node.kwargs[argument.name]
        else:
            arguments[argument.name] = (
                argument.default_value if argument.has_default_value() else None
            )
    return arguments


def module_stack(fx_node: Any) -> list[tuple[str, str, str]]:
    """(key, path, class) of the modules that a call stands in, outermost first."""
    stack = fx_node.meta.get("nn_module_stack") or {}
    return [
        (
            str(key),
            str(path),
            kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__name__}",
        )
        for key, (path, kind) in stack.items()
    ]


def _following(fx_node: Any) -> Any:
    """The only call that reads this one's output, where the same module makes both."""
    readers = list(fx_node.users)
    if len(readers) != 1 or not hasattr(readers[0].target, "_schema"):
        return None
    return readers[0] if module_stack(readers[0]) == module_stack(fx_node) else None


def _row_name(fx_node: Any) -> str:
    """The path of the module, if it is torch's own; else path and operator."""
    stack = module_stack(fx_node)
    _, path, kind = stack[-1] if stack else ("", "", "")
    if path and kind.startswith("torch.nn.") and ".container." not in kind:
        return path
    return f"{path}.{fx_node.name}" if path else str(fx_node.name)
