"""One network as the bytes of a file for a framework."""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from typing import Literal

from rfsearch.errors import UsageError
from rfsearch.export.dress import with_classes, with_norms
from rfsearch.export.plan import Plan
from rfsearch.export.planner import plan
from rfsearch.layers.notation import parse_stack

# framework -> the ending of its files
FRAMEWORKS = {"torch": ".py", "keras": ".py", "onnx": ".onnx"}
ACTIVATIONS = ("relu", "gelu", "silu", "none")
Framework = Literal["torch", "keras", "onnx"]
Activation = Literal["relu", "gelu", "silu", "none"]


@dataclass(frozen=True)
class Style:
    """What is chosen beside the stack; `norm` None keeps what the stack says."""

    name: str = "Network"
    classes: int | None = None
    norm: str | None = None
    activation: str = "relu"
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or keyword.iskeyword(self.name):
            raise UsageError(f"name: {self.name!r} is not a Python identifier, like MyNetwork")
        if self.activation not in ACTIVATIONS:
            raise UsageError(
                f"activation: {self.activation} is not one of {', '.join(ACTIVATIONS)}"
            )


def planned(notation: str, sizes: tuple[int, ...], channels: int, style: Style) -> Plan:
    """The plan of a notation in this style. UsageError names what cannot be."""
    stack = parse_stack(notation)
    if style.norm is not None:
        stack = with_norms(stack, style.norm)
    if style.classes is not None:
        stack = with_classes(stack, style.classes)
    activation = "" if style.activation == "none" else style.activation
    return plan(stack, sizes, channels, activation)


def encode(made: Plan, framework: str, style: Style) -> bytes:
    """The file of a plan: Python source for torch and keras, a checked model for onnx."""
    if framework == "torch":
        from rfsearch.export.torch_source import torch_source

        return torch_source(made, style.name).encode()
    if framework == "keras":
        from rfsearch.export.keras_source import keras_source

        return keras_source(made, style.name).encode()
    if framework == "onnx":
        from rfsearch.export.onnx_graph import onnx_model

        data: bytes = onnx_model(made, seed=style.seed, name=style.name).SerializeToString()
        return data
    raise UsageError(f"--to: {framework!r} is not one of {', '.join(FRAMEWORKS)}")
