"""One ONNX node with its attributes read, and the scope in which its names stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.network.onnx.file import printable


@dataclass
class Scope:
    """The body of a graph, subgraph or function: what its names stand for outside it.

    prefix      stands before the names of the values and nodes that the body makes
    names       names of the body that are others outside it: parameters, and what it made
    attributes  a function's own, which its nodes refer to
    depth       bodies around it
    """

    prefix: str = ""
    names: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    opsets: dict[str, int] = field(default_factory=dict)
    depth: int = 0

    def outer(self, name: str) -> str:
        """The value that a name of the body stands for."""
        return self.names.get(name, name)

    def made(self, name: str) -> str:
        """The name, outside the body, of a value that a node of it makes."""
        if name:
            self.names[name] = self.prefix + name
        return self.prefix + name if name else ""


@dataclass
class Call:
    """One ONNX node. `op` has its domain before it where that is not ONNX's own.

    captured  values from outside that its bodies read, as those of If and Loop may
    """

    op: str
    name: str
    place: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]
    proto: Any
    scope: Scope
    captured: list[str] = field(default_factory=list)

    @property
    def opsets(self) -> dict[str, int]:
        """Versions of the operator sets by domain, as the file names them."""
        return self.scope.opsets

    def text(self, name: str, default: str = "") -> str:
        """An attribute that is a word."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else str(value)


def read_call(proto: Any, index: int, file: str, scope: Scope) -> Call:
    """The node number `index` of a body of `file`. UsageError for an attribute beyond reading."""
    from onnx import helper

    # Names reach the terminal; whoever made the file must not write there what they like.
    name = printable(
        scope.prefix + (proto.name or next(iter(proto.output), "") or f"node {index + 1}")
    )
    own = proto.domain in ("", "ai.onnx")
    op = printable(proto.op_type if own else f"{proto.domain}.{proto.op_type}")
    place = f"{file}: node {name!r} ({op})"
    attributes = {}
    try:
        for one in proto.attribute:
            meant = scope.attributes.get(one.ref_attr_name) if one.ref_attr_name else one
            if meant is not None:
                attributes[one.name] = helper.get_attribute_value(meant)
    except ValueError:
        raise UsageError(f"{place}: an attribute cannot be read") from None
    inputs = [scope.outer(one) if one else "" for one in proto.input]
    outputs = [scope.made(one) for one in proto.output]
    captured = [scope.outer(one) for body in _bodies(proto) for one in _read_from_outside(body)]
    return Call(op, name, place, inputs, outputs, attributes, proto, scope, captured)


def _bodies(proto: Any) -> list[Any]:
    """The subgraphs among a node's attributes."""
    return [
        body for one in proto.attribute for body in ([one.g] if one.HasField("g") else one.graphs)
    ]


def _read_from_outside(body: Any) -> list[str]:
    """Names that a subgraph reads, itself or in subgraphs of its own, and does not make."""
    made = {one.name for one in (*body.input, *body.initializer)}
    read: list[str] = []
    for node in body.node:
        read += [
            *node.input,
            *(one for deeper in _bodies(node) for one in _read_from_outside(deeper)),
        ]
        made.update(node.output)
    read += [one.name for one in body.output]
    return [name for name in dict.fromkeys(read) if name and name not in made]
