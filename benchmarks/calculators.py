"""Calculators of params and MACs against what is counted while a network runs.

    python -m benchmarks.calculators            writes benchmarks/calculators.md

rfsearch, torchinfo, fvcore, ptflops and onnx-tool on networks of torchvision and timm and on the
networks that rfsearch knows by name, exported to torch. The truth is counted: params are those of
the module, MACs half of what torch's own FlopCounterMode sees in one run, the receptive field the
gradient's (read_architectures.py). Small modules then show what each difference is made of.
Calculators that are not installed are left out; needs torch, torchvision, timm.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import torch
from architectures import Architecture, architectures
from calculators_known import CALCULATORS, Figures
from calculators_leaves import differing
from calculators_modules import MODULES
from read_architectures import _unlike as unlike
from torch.utils.flop_counter import FlopCounterMode

import rfsearch

MOST_MACS = 3 * 10**9  # of a network that is run
FILE = Path(__file__).parent / "calculators.md"
NAMED = (
    "alexnet", "vgg11", "resnet18", "resnet34", "resnet50", "mobilenet_v1", "mobilenet_v2",
    "efficientnet_b0", "convnext_tiny", "patchgan70", "cp_resnet", "mdnet",
)  # fmt: skip


@dataclass
class Compared:
    """One network: what was counted, what each calculator says; None where it fails."""

    name: str
    counted: Figures
    said: dict[str, Figures | str] = field_of(default_factory=dict)
    field: str = ""  # what the gradient says of rfsearch's receptive field
    leaves: set[tuple[str, str]] = field_of(default_factory=set)  # (calculator, kind of a module)


def networks(package: str, number: int) -> Iterator[Architecture]:
    """So many of a package, evenly spread, and then the others, in place of those left out."""
    every = list(architectures([package], 1)) if number else []
    step = max(len(every) / max(number, 1), 1)
    first = [int(at * step) for at in range(min(number, len(every)))]
    for at in (*first, *(at for at in range(len(every)) if at not in first)):
        yield every[at]
    known = {one.name for one in every}
    more = architectures([package], 3) if number else ()  # where one a family is too few
    yield from (one for one in more if one.name not in known)


def named() -> Iterator[Architecture]:
    """Those that rfsearch knows by name, exported to torch."""
    for name in NAMED:
        network = rfsearch.parse(name)
        shape = (1, network.input_channels, *network.input)
        yield Architecture(
            "rfsearch", name, lambda network=network: rfsearch.to_torch(network), shape
        )


def counted(module: Any, example: Any) -> Figures:
    """The module's own parameters, and half of torch's flops in one run."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(example)
    params = sum(one.numel() for one in module.parameters())
    return Figures(params, counter.get_total_flops() // 2)


def compare(
    one: Architecture, fields: bool = False, kinds: dict[str, Any] | None = None
) -> Compared | None:
    """All calculators on one network; None where it is too large, or does not run.

    kinds: comparisons of single modules, by kind, to which those that it has are added.
    """
    torch.manual_seed(0)
    try:
        with torch.device("meta"):
            if counted(one.build().eval(), torch.zeros(one.shape)).macs > MOST_MACS:
                return None
    except Exception:
        pass  # not all can be built so; then it is run to see
    module, example = one.build().eval(), torch.zeros(one.shape)
    found = Compared(f"{one.package}: {one.name}", counted(module, example))
    if found.counted.macs > MOST_MACS:
        return None
    for name, calculate in CALCULATORS.items():
        found.said[name] = _said(calculate, module, example)
    if kinds is not None:
        found.leaves = set(differing(module, example, compare, kinds))
    if fields and isinstance(found.said["rfsearch"], Figures):
        network = rfsearch.from_torch(module, example_inputs=example)
        wrong = list(unlike(module, one.shape, network))
        found.field = "; ".join(wrong) or "the same"
    return found


def _said(calculate: Callable[[Any, Any], Figures], module: Any, example: Any) -> Figures | str:
    try:
        with torch.no_grad():
            return calculate(module, example)
    except Exception as error:  # of a calculator, of whatever kind: it has no figure then
        return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"


def report(
    found: Sequence[Compared], modules: Sequence[Compared], kinds: Mapping[str, Compared | None]
) -> list[str]:
    """The page's lines."""
    names = list(CALCULATORS)
    lines = [
        "# Calculators against counters", "",
        "Written by `python -m benchmarks.calculators`; not edited by hand. Params are counted on "
        "the module, MACs by `torch.utils.flop_counter` (half of its flops) in one run: "
        "convolutions, matrix products, attention. A cell has a calculator's MACs over the counted "
        "ones, `=` where they are equal to the digit; `!` marks params that differ: onnx-tool "
        "reads the exported graph, where norms are folded into convolutions, and rfsearch leaves "
        "out what no output needs, and says so. rfa_toolbox has no release for Python 3.11 and "
        "newer; Vela takes int8 files alone ([tflm.md](tflm.md)).", "",
        f"{len(found)} networks, input as they are made for, at most {MOST_MACS:,} MACs.", "",
        "| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names),
    ]  # fmt: skip
    for what, agrees in (
        ("MACs equal", _same_macs),
        ("within 1%", _near),
        ("params equal", _same_params),
    ):
        cells = [f"{sum(agrees(one, name) for one in found)} of {len(found)}" for name in names]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    fields = Counter(one.field == "the same" for one in found if one.field)
    lines += [
        "", f"Receptive fields, rfsearch against the gradient: {fields[True]} the same, "
        f"{fields[False]} not.", *(f"- {one.name}: {one.field}" for one in found
                                   if one.field not in ("", "the same")), "",
        "## What the differences are made of", "",
        "Modules of these networks of which a calculator says something else than is counted, one "
        "of each kind with the input that it has there: a difference is repeated with it alone.",
        "", *_leaves(found, kinds), "",
        "Small modules, also for what is no module in a network (a sum, a product of tensors):", "",
        *_table(modules, names), "", "## Every network", "", *_table(found, names),
    ]  # fmt: skip
    failures = [
        f"- {name} on {one.name}: {said}" for one in (*modules, *found)
        for name, said in one.said.items() if isinstance(said, str)
    ]  # fmt: skip
    return lines + (["", "## Without a figure", "", *failures] if failures else [])


def _leaves(found: Sequence[Compared], kinds: Mapping[str, Compared | None]) -> list[str]:
    lines = ["| calculator | module | MACs counted | said | networks |", "|---|---|---:|---:|---:|"]
    for name in CALCULATORS:
        for kind, one in kinds.items():
            number = sum((name, kind) in network.leaves for network in found)
            if one is not None and number:
                said = one.said[name]
                assert isinstance(said, Figures)
                module = one.name.removeprefix("module: ")
                lines.append(
                    f"| {name} | `{module}` | {one.counted.macs:,} | {said.macs:,} | {number} |"
                )
        left = sum(
            not _same_macs(one, name) and not any(of == name for of, _ in one.leaves)
            for one in found
        )
        if left:
            lines.append(
                f"| {name} | differs, or has no figure, with none of its modules | | | {left} |"
            )
    return lines


def _same_macs(one: Compared, name: str) -> bool:
    said = one.said[name]
    return isinstance(said, Figures) and said.macs == one.counted.macs


def _near(one: Compared, name: str) -> bool:
    said = one.said[name]
    return isinstance(said, Figures) and abs(said.macs - one.counted.macs) <= one.counted.macs / 100


def _same_params(one: Compared, name: str) -> bool:
    said = one.said[name]
    return isinstance(said, Figures) and said.params == one.counted.params


def _table(found: Sequence[Compared], names: Sequence[str]) -> list[str]:
    lines = [f"| network | params | MACs counted | {' | '.join(names)} |",
             "|---|---:|---:|" + "---:|" * len(names)]  # fmt: skip
    for one in found:
        cells = [_cell(one, name) for name in names]
        figures = f"{one.counted.params:,} | {one.counted.macs:,}"
        lines.append(f"| {one.name} | {figures} | {' | '.join(cells)} |")
    return lines


def _cell(one: Compared, name: str) -> str:
    said, counted = one.said[name], one.counted
    if isinstance(said, str):
        return "–"
    if said.macs == counted.macs:
        text = "="
    elif counted.macs:
        text = f"{said.macs / counted.macs:.5f}".rstrip("0")
    else:
        text = f"{said.macs:,}"
    return text if said.params == counted.params else f"{text} !{said.params:,}"


def main() -> int:
    """The page; exit code 1 where rfsearch's figures are not those counted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torchvision", type=int, default=25, help="how many of it")
    parser.add_argument("--timm", type=int, default=25, help="how many of it")
    parser.add_argument("--no-fields", action="store_true", help="leave out receptive fields")
    parser.add_argument("-o", "--output", type=Path, default=FILE)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    modules = [compared for one in MODULES if (compared := compare(one))]
    found: list[Compared] = []
    kinds: dict[str, Compared | None] = {}
    wanted: list[tuple[Iterator[Architecture], int]] = [
        (networks("torchvision", given.torchvision), given.torchvision),
        (networks("timm", given.timm), given.timm),
        (named(), len(NAMED) if given.torchvision or given.timm else 0),
    ]
    for ahead, number in wanted:
        done = 0
        while done < number and (one := next(ahead, None)) is not None:
            compared = compare(one, not given.no_fields, kinds)
            told = "done" if compared else "left out"
            print(f"{one.package}: {one.name}: {told}", file=sys.stderr)
            if compared:
                done += 1
                found.append(compared)
                lines = report(found, modules, kinds)
                given.output.write_text("\n".join(lines) + "\n", "utf-8")
    return int(not all(_same_params(one, "rfsearch") for one in found))


if __name__ == "__main__":
    sys.exit(main())
