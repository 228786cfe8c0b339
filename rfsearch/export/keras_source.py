"""Plan to Keras 3: the source of a function that builds the model, for any backend."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rfsearch.export.keras_layers import SUPPORT, Applied, applied
from rfsearch.export.plan import (
    Aside,
    Branching,
    Collect,
    Gate,
    Operation,
    Part,
    Plan,
)
from rfsearch.export.python_text import INDENT, Call, call, laid_out, literal
from rfsearch.export.torch_source import folded, title
from rfsearch.notation.format import format_item

_JOINS = {"+": "Add", "*": "Multiply", "|": "Concatenate"}


def keras_source(plan: Plan, name: str = "Network") -> str:
    """The text of a Python file whose function `name` builds a keras.Model of this plan."""
    writer = _Writer()
    end = writer.run(plan.parts, "x", "x", "")
    outputs = ", ".join([*writer.asides, end])
    shape = (*plan.sizes, plan.channels)
    body = [
        f"def {name}() -> keras.Model:",
        f'    """Input {"×".join(map(str, shape))}, channels last."""',
        f"    inputs = keras.Input({literal(shape)})",
        "    x = inputs",
        *writer.lines,
        *laid_out(
            "return keras.Model",
            [
                "inputs",
                f"[{outputs}]" if writer.asides else outputs,
                f"name={literal(name.lower())}",
            ],
            1,
        ),
    ]
    text = "\n".join(body) + "\n"
    support = [source for kind, source in SUPPORT.items() if re.search(rf"\b{kind}\(", text)]
    head = (
        f'"""{title(plan)}\n\n{folded(plan.notation)}\n\nComments give the size after a layer, its '
        'receptive field (RF) and jump, in input pixels.\n"""\n\n'
        "import keras\nfrom keras import layers\n\n\n"
    )
    return head + "\n\n".join([*support, text])


class _Writer:
    """The lines so far, and the variables put aside."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.asides: list[str] = []
        self.flat: set[str] = set()

    def run(self, parts: Sequence[Part], source: str, target: str, prefix: str) -> str:
        """The parts of one branch, from the variable `source`; the variable of its end."""
        here = source
        for part in parts:
            if isinstance(part, Aside):
                name = prefix + part.name
                self.asides.append(self.run(part.branch, here, name, f"{name}_"))
                continue
            self._part(part, here, target, prefix + part.name)
            here = target
        return here

    def _part(self, part: Part, source: str, target: str, name: str) -> None:
        if isinstance(part, Operation):
            self._comment(format_item(part.layer), part)
            self._operation(part, source, target, name)
        elif isinstance(part, Gate):
            self._comment(format_item(part.layer), part)
            self._gate(part, source, target, name)
        elif isinstance(part, Branching):
            self._branching(part, source, target, name)
        else:
            assert isinstance(part, Collect)
            ends, self.asides = self.asides, []
            self._join(part.join, ends, target, name)
            self._activate(part.activation, target, name)

    def _comment(self, text: str, part: Operation | Gate | Branching) -> None:
        shown = text if len(text) <= 72 else f"{text[:71]}…"
        self.lines.append(f"{INDENT}# {shown}: {part.figures.note}")

    def _operation(self, part: Operation, source: str, target: str, name: str) -> None:
        flat = source in self.flat
        if part.op == "FC" and not flat:
            self._apply(call("layers.Flatten", name=f"{name}_flatten"), source, target)
            source = target
            self.flat.add(target)
        elif flat and part.op not in ("FC", "BN", "LN", "SCALE"):
            shape = (*[1] * len(part.kernel), part.channels_in)
            self._apply(call("layers.Reshape", ("target_shape", shape)), source, target)
            source, flat = target, False
        for one in applied(part, name, flat):
            self._apply(one, source, target)
            source = target
        (self.flat.add if part.op == "FC" or flat else self.flat.discard)(target)

    def _apply(self, one: Applied, source: str, target: str) -> None:
        if isinstance(one, Call):
            self.lines += one.lines(f"{target} = ", 1, f"({source})")
        else:
            self.lines.append(f"{INDENT}{target} = {one.replace('{x}', source)}")

    def _gate(self, part: Gate, source: str, target: str, name: str) -> None:
        axes = len(part.squeeze.kernel)
        average = call(f"layers.GlobalAveragePooling{axes}D", keepdims=True, name=f"{name}_average")
        self._apply(average, source, name)
        for inner in (part.squeeze, part.expand):
            self._operation(inner, name, name, f"{name}_{inner.name}")
        sigmoid = call("layers.Activation", ("activation", "sigmoid"), name=f"{name}_sigmoid")
        self._apply(sigmoid, name, name)
        self._join("*", [source, name], target, name)

    def _branching(self, part: Branching, source: str, target: str, name: str) -> None:
        self._comment(format_item(part.block), part)
        ends = [
            self.run(branch, source, f"{name}_{number}", f"{name}_")
            for number, branch in enumerate(part.branches, start=1)
        ]
        self._join(part.join, ends, target, name)
        self._activate(part.activation, target, name)

    def _join(self, join: str, ends: list[str], target: str, name: str) -> None:
        if len(ends) == 1:
            if ends[0] != target:
                self.lines.append(f"{INDENT}{target} = {ends[0]}")
        else:
            joined = call(f"layers.{_JOINS[join]}", name=f"{name}_join")
            self._apply(joined, f"[{', '.join(ends)}]", target)
        (self.flat.add if ends[0] in self.flat else self.flat.discard)(target)

    def _activate(self, activation: str, target: str, name: str) -> None:
        if activation:
            one = call("layers.Activation", ("activation", activation), name=f"{name}_act")
            self._apply(one, target, target)
