"""Plan to PyTorch: the source of a module that needs torch alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from rfsearch.export import comments
from rfsearch.export.blocks import Form, Instance, forms_of
from rfsearch.export.plan import Aside, Branching, Collect, Gate, Operation, Part, Plan
from rfsearch.export.python_text import Call, literal, refuse_taken, with_support
from rfsearch.export.torch_forward import Forward, activated
from rfsearch.export.torch_layers import SUPPORT, gate, modules
from rfsearch.layers.layer import ADD, CONCAT, INVERTED, MULTIPLY, RESIDUAL
from rfsearch.layers.notation.format import format_item

CLASSES = {
    RESIDUAL: "Residual",
    INVERTED: "InvertedResidual",
    CONCAT: "Concatenation",
    ADD: "Sum",
    MULTIPLY: "Product",
}

_HEAD = '''"""{heading}"""

import torch
{functional}from torch import nn

'''

Block: TypeAlias = Instance[Forward]
Lines: TypeAlias = list[tuple[str, Call | Block]]


def torch_source(plan: Plan, name: str = "Network") -> str:
    """The text of a Python file that defines the class `name`, an nn.Module of this plan."""
    writer = _Writer(plan)
    forward = Forward(plan.axes)
    lines, _ = writer.scope(plan.parts, forward, "x")
    forward.say("return *asides, x" if plan.asides else "return x")
    forms = forms_of(writer.instances, CLASSES)
    refuse_taken(name, ["torch", "nn", "F", *SUPPORT, *(form.name for form in forms)])
    body = _network(plan, name, lines, forward)
    classes = [_class(form) for form in forms]
    text = "\n\n".join([*classes, body])
    squeezed = activated("self.squeeze(self.average(x))", plan.activation)
    whole = with_support(text, SUPPORT, d=str(plan.axes), squeezed=squeezed)
    functional = "import torch.nn.functional as F\n" if "F." in whole else ""
    head = _HEAD.format(heading=comments.heading(plan), functional=functional)
    return f"{head}\n{whole}"


class _Writer:
    """Walks the plan: constructor calls of each scope, its forward, and all blocks met."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.instances: list[Block] = []
        # Of everything put aside and not collected yet, whether it has no axes.
        self.asides: list[bool] = []

    def scope(
        self,
        parts: Sequence[Part],
        forward: Forward,
        source: str,
        target: str = "",
        prefix: str = "",
    ) -> tuple[Lines, str]:
        """The parts of one branch, read from the variable `source`; the variable of its end."""
        target = target or source
        lines: Lines = []
        here = source
        for part in parts:
            if isinstance(part, Aside):
                lines += self._aside(part, forward, here, prefix)
                continue
            lines += self._part(part, forward, here, target, prefix)
            here = target
        return lines, here

    def _part(self, part: Part, forward: Forward, source: str, target: str, prefix: str) -> Lines:
        name = prefix + part.name
        if isinstance(part, Operation):
            return self._operation(part, forward, source, target, name)
        if isinstance(part, Gate):
            if source in forward.flat:
                forward.with_axes(target, source)
                source = target
            forward.assign(target, f"self.{name}({source})", flat=False)
            return [(name, gate(part))]
        if isinstance(part, Branching):
            instance = self._block(part, source in forward.flat)
            self.instances.append(instance)
            arguments = f"{source}, asides" if instance.body.collects else source
            forward.collects |= instance.body.collects
            forward.assign(target, f"self.{name}({arguments})", "" in instance.body.flat)
            return [(name, instance)]
        assert isinstance(part, Collect)
        self._collect(part, forward, target)
        return []

    def _collect(self, part: Collect, forward: Forward, target: str) -> None:
        flat, self.asides = self.asides, []
        asides = "asides"
        if any(flat) and not all(flat):
            asides = "spread"
            forward.say(f"spread = [y if y.dim() > 2 else {forward.spread('y')} for y in asides]")
        joined = {
            "|": f"torch.cat({asides}, dim=1)",
            "+": f"sum({asides})" if len(flat) > 1 else f"{asides}[0]",
            "": "asides[0]",
        }[part.join]
        forward.assign(target, activated(joined, part.activation), all(flat))
        forward.say("asides.clear()")
        forward.collects = True

    def _operation(
        self, part: Operation, forward: Forward, source: str, target: str, name: str
    ) -> Lines:
        flat = source in forward.flat
        if part.op == "FC" and not flat:
            forward.flattened(target, source)
            source = target
        elif flat and part.op not in ("FC", "BN", "LN", "SCALE"):
            forward.with_axes(target, source)
            source, flat = target, False
        made = modules(part, flat)
        expression = source
        for suffix, _ in made:
            expression = f"self.{name}{suffix}({expression})"
        forward.assign(target, activated(expression, part.activation), flat or part.op == "FC")
        return [(f"{name}{suffix}", call) for suffix, call in made]

    def _aside(self, part: Aside, forward: Forward, source: str, prefix: str) -> Lines:
        name = f"{prefix}{part.name}"
        lines, end = self.scope(part.branch, forward, source, name, f"{name}_")
        forward.collects = True
        flat = end in forward.flat
        if not part.adds:
            forward.say(f"asides.append({end})")
            self.asides.append(flat)
            return lines
        before = self.asides.pop()
        both = ["asides[-1]", end]
        if before != flat:
            both[flat] = forward.spread(both[flat])
        forward.say(f"asides[-1] = {' + '.join(both)}")
        self.asides.append(before and flat)
        return lines

    def _block(self, part: Branching, flat: bool) -> Block:
        forward = Forward(self.plan.axes, flat={"x"} if flat else set())
        lines: Lines = []
        ends: list[str] = []
        for number, branch in enumerate(part.branches, start=1):
            target = "y" if number == 1 else "skip" if part.residual else f"y{number}"
            made, end = self.scope(branch, forward, "x", target)
            lines += made
            ends.append(end)
        forward.mark("", forward.agree(ends) if part.join else ends[0] in forward.flat)
        forward.say(f"return {activated(_joined(part.join, ends), part.activation)}")
        return Instance(part.block.join, format_item(part.block), lines, forward)


def _joined(join: str, ends: list[str]) -> str:
    if join == "|":
        return f"torch.cat([{', '.join(ends)}], dim=1)"
    return f" {join} ".join(ends) if join else ends[0]


def _class(form: Form[Forward]) -> str:
    """The text of a block's class."""
    signature = "".join(f", {name}: int" for name in form.parameters)
    lines = [f"class {form.name}(nn.Module):", f'    """{form.doc}"""', ""]
    lines += _init(signature)
    for name, call in form.lines:
        lines += call.lines(f"self.{name} = ", 2)
    asides = ", asides: list[torch.Tensor]" if form.body.collects else ""
    lines += ["", f"    def forward(self, x: torch.Tensor{asides}) -> torch.Tensor:"]
    lines += form.body.written(2)
    return "\n".join(lines) + "\n"


def _init(signature: str) -> list[str]:
    line = f"    def __init__(self{signature}) -> None:"
    if len(line) > 88:
        line_in = f"        self{signature}"
        if len(line_in) <= 88:
            return ["    def __init__(", line_in, "    ) -> None:", "        super().__init__()"]
        names = ["self", *signature.removeprefix(", ").split(", ")]
        inner = [f"        {name}," for name in names]
        return ["    def __init__(", *inner, "    ) -> None:", "        super().__init__()"]
    return [line, "        super().__init__()"]


def _network(plan: Plan, name: str, lines: Lines, forward: Forward) -> str:
    """The text of the network's own class, a comment above each part."""
    above = dict(_comments(plan.parts, ""))
    text = [
        f"class {name}(nn.Module):",
        f'    """Input {plan.channels}×{"×".join(map(str, plan.sizes))}."""',
        "",
        *_notation_lines(plan.notation),
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
    ]
    for attribute, made in lines:
        text += [f"        # {comment}" for comment in above.pop(attribute, [])]
        call = made.call if isinstance(made, Instance) else made
        text += call.lines(f"self.{attribute} = ", 2)
    kind = "tuple[torch.Tensor, ...]" if plan.asides else "torch.Tensor"
    text += ["", f"    def forward(self, x: torch.Tensor) -> {kind}:"]
    if forward.collects:
        text.append("        asides: list[torch.Tensor] = []")
    return "\n".join([*text, *forward.written(2)]) + "\n"


def _notation_lines(notation: str) -> list[str]:
    """The class attribute by which rfsearch knows the network again."""
    line = f"    notation = {literal(notation)}"
    if len(line) <= 88:
        return [line]
    # A formatter joins what fits on one line.
    width = 78 if len(notation) <= 78 else 76
    pieces = comments.folded(notation, width).split("\n")
    return ["    notation = (", *(f"        {literal(piece)}" for piece in pieces), "    )"]


def _comments(parts: Sequence[Part], prefix: str) -> list[tuple[str, list[str]]]:
    """(attribute, comment lines) of each part."""
    found: list[tuple[str, list[str]]] = []
    for part in parts:
        name = prefix + part.name
        if isinstance(part, Operation):
            name = f"{name}{modules(part, False)[0][0]}"
        if isinstance(part, Aside):
            found += _comments(part.branch, f"{name}_")
        else:
            found.append((name, comments.of_part(part)))
    return found
