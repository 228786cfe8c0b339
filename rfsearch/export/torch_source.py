"""Plan to PyTorch: the source of a module that needs torch alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rfsearch.export.plan import (
    Aside,
    Branching,
    Collect,
    Gate,
    Operation,
    Part,
    Plan,
)
from rfsearch.export.python_text import Call, literal
from rfsearch.export.torch_blocks import Form, Instance, forms_of
from rfsearch.export.torch_forward import Forward, activated
from rfsearch.export.torch_layers import FUNCTIONS, SUPPORT, gate, modules
from rfsearch.notation.format import format_item

_HEAD = '''"""{title}

{notation}

Comments give the size after a layer, its receptive field (RF) and jump, in input pixels.
"""

import torch
{functional}from torch import nn

'''


def torch_source(plan: Plan, name: str = "Network") -> str:
    """The text of a Python file that defines the class `name`, an nn.Module of this plan."""
    writer = _Writer(plan)
    lines, forward = writer.scope(plan.parts, Forward(plan.axes), "x")
    forward.say("return *asides, x" if plan.asides else "return x")
    forms = forms_of(writer.instances)
    body = _network(plan, name, lines, forward)
    classes = [_class(form) for form in forms]
    text = "\n\n".join([*classes, body])
    support = [
        source.replace("{d}", str(plan.axes)).replace("{activation}", _function(plan))
        for kind, source in SUPPORT.items()
        if re.search(rf"\b{kind}\(", text)
    ]
    whole = "\n\n".join([*support, text])
    functional = "import torch.nn.functional as F\n" if "F." in whole else ""
    head = _HEAD.format(title=title(plan), notation=folded(plan.notation), functional=functional)
    return f"{head}\n{whole}"


def title(plan: Plan) -> str:
    """`Input 227×227×3, output 2×2×256, RF 224, jump 27.`, for a file's first line."""
    features = plan.features
    sizes = "×".join(map(str, (*plan.sizes, plan.channels)))
    return f"Input {sizes}, features {features.note}, {features.channels} channels."


def folded(notation: str, width: int = 84) -> str:
    """The notation over several lines, cut after the signs between its layers."""
    lines, line = [], ""
    for piece in re.split(r"(?<=[-|+*])", notation):
        if line and len(line) + len(piece) > width:
            lines.append(line)
            line = ""
        line += piece
    return "\n".join([*lines, line])


def _function(plan: Plan) -> str:
    return FUNCTIONS.get(plan.activation, "")


class _Writer:
    """Walks the plan: constructor calls of each scope, its forward, and all blocks met."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.instances: list[Instance] = []

    def scope(
        self,
        parts: Sequence[Part],
        forward: Forward,
        source: str,
        target: str = "",
        prefix: str = "",
    ) -> tuple[list[tuple[str, Call | Instance]], Forward]:
        """The parts of one branch, read from the variable `source` into `target`."""
        target = target or source
        lines: list[tuple[str, Call | Instance]] = []
        here = source
        for part in parts:
            if isinstance(part, Aside):
                lines += self._aside(part, forward, here, prefix)
                continue
            lines += self._part(part, forward, here, target, prefix)
            here = target
        forward.assign(target, here, here)
        return lines, forward

    def _part(
        self, part: Part, forward: Forward, source: str, target: str, prefix: str
    ) -> list[tuple[str, Call | Instance]]:
        name = prefix + part.name
        if isinstance(part, Operation):
            return self._operation(part, forward, source, target, name)
        if isinstance(part, Gate):
            forward.assign(target, f"self.{name}({source})", source)
            return [(name, gate(part))]
        if isinstance(part, Branching):
            instance = self._block(part)
            self.instances.append(instance)
            arguments = f"{source}, asides" if instance.forward.collects else source
            forward.collects |= instance.forward.collects
            forward.assign(target, f"self.{name}({arguments})", source)
            return [(name, instance)]
        assert isinstance(part, Collect)
        forward.collects = True
        joined = "torch.cat(asides, dim=1)" if part.join == "|" else "sum(asides)"
        forward.assign(target, activated(joined, part.activation), source)
        forward.say("asides = []")
        return []

    def _operation(
        self, part: Operation, forward: Forward, source: str, target: str, name: str
    ) -> list[tuple[str, Call | Instance]]:
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
        forward.assign(target, activated(expression, part.activation), source)
        return [(f"{name}{suffix}", call) for suffix, call in made]

    def _aside(
        self, part: Aside, forward: Forward, source: str, prefix: str
    ) -> list[tuple[str, Call | Instance]]:
        name = f"{prefix}{part.name}"
        lines, _ = self.scope(part.branch, forward, source, name, f"{name}_")
        forward.say(f"asides.append({name})")
        forward.collects = True
        return lines

    def _block(self, part: Branching) -> Instance:
        forward = Forward(self.plan.axes)
        lines: list[tuple[str, Call | Instance]] = []
        ends: list[str] = []
        for number, branch in enumerate(part.branches, start=1):
            if not branch:
                ends.append("x")
                continue
            end = "y" if number == 1 else "skip" if part.residual else f"y{number}"
            made, _ = self.scope(branch, forward, "x", end)
            lines += made
            ends.append(end)
        forward.say(f"return {activated(_joined(part.join, ends), part.activation)}")
        return Instance(part.block.join, format_item(part.block), lines, forward)


def _joined(join: str, ends: list[str]) -> str:
    if join == "|":
        return f"torch.cat([{', '.join(ends)}], dim=1)"
    return f" {join} ".join(ends) if join else ends[0]


def _class(form: Form) -> str:
    """The text of a block's class."""
    signature = "".join(f", {name}: int" for name in form.parameters)
    doc = _short(form.notation, 76 - len(form.more)) + form.more
    lines = [f"class {form.name}(nn.Module):", f'    """{doc}"""', ""]
    lines += _init(signature)
    for name, call in form.lines:
        lines += call.lines(f"self.{name} = ", 2)
    asides = ", asides: list[torch.Tensor]" if form.forward.collects else ""
    lines += ["", f"    def forward(self, x: torch.Tensor{asides}) -> torch.Tensor:"]
    lines += form.forward.written(2)
    return "\n".join(lines) + "\n"


def _short(text: str, width: int = 72) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


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


def _network(
    plan: Plan,
    name: str,
    lines: list[tuple[str, Call | Instance]],
    forward: Forward,
) -> str:
    """The text of the network's own class, a comment above each part."""
    comments = dict(_comments(plan.parts, ""))
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
        text += [f"        # {comment}" for comment in comments.pop(attribute, [])]
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
    pieces = folded(notation, 76).split("\n")
    return ["    notation = (", *(f"        {literal(piece)}" for piece in pieces), "    )"]


def _comments(parts: Sequence[Part], prefix: str) -> list[tuple[str, list[str]]]:
    """(attribute, comment lines) of each part; a block's lines tell of its layers too."""
    found: list[tuple[str, list[str]]] = []
    for part in parts:
        name = prefix + part.name
        if isinstance(part, Operation):
            first = f"{name}{modules(part, False)[0][0]}"
            found.append((first, [f"{format_item(part.layer)}: {part.figures.note}"]))
        elif isinstance(part, Gate):
            found.append((name, [f"{format_item(part.layer)}: {part.figures.note}"]))
        elif isinstance(part, Aside):
            found += _comments(part.branch, f"{name}_")
        elif isinstance(part, Branching):
            inner = [line for branch in part.branches for line in _inner(branch, "")]
            found.append(
                (name, [f"{_short(format_item(part.block))}: {part.figures.note}", *inner])
            )
    return found


def _inner(parts: Sequence[Part], prefix: str) -> list[str]:
    """A line for each layer of a block."""
    lines: list[str] = []
    for part in parts:
        name = prefix + part.name
        if isinstance(part, Operation | Gate):
            lines.append(f"  {name}, {format_item(part.layer)}: {part.figures.note}")
        elif isinstance(part, Aside):
            lines += _inner(part.branch, f"{name}_")
        elif isinstance(part, Branching):
            for branch in part.branches:
                lines += _inner(branch, f"{name}.")
    return lines
