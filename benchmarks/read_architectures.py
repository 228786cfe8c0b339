"""Reads architectures of well-known packages and holds them against torch.

    python benchmarks/read_architectures.py [-o architectures.csv] [--packages timm,smp] [REGEX]
    python benchmarks/read_architectures.py -o FILE --resume    goes on where it was left

Needs, beside rfsearch and torch, the packages themselves: timm, torchvision, torchaudio,
segmentation-models-pytorch, monai, einops. torchvision wants the torch that it was built for
(`pip install torch==2.14.1 torchvision==0.29.1`); a package that is missing is left out.

Of every architecture, with random weights: params against `numel` of those that the output needs,
MACs against torch's FlopCounterMode, and the receptive field against the gradient of one output:
of the deepest row whose receptive field lies within the input, and of the last before the head.
Exit code 1 where less than `--least` percent of those that torch can trace agree.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from architectures import Architecture, architectures
from torch.utils.flop_counter import FlopCounterMode

import rfsearch

# Larger networks are not run: their gradients would take minutes.
MOST_MACS = 6 * 10**9
# An output may be one that a ReLU leaves at zero: drawn again, it need not be.
DRAWS = 3
UNMEASURED = "without a gradient"
PACKAGES = "torchvision,timm,smp,monai,torchaudio"


@dataclass
class Record:
    """One architecture; a figure is empty where it was not come by."""

    package: str
    name: str
    input: str
    result: str = ""
    params: int | str = ""
    macs: int | str = ""
    rf: str = ""
    reason: str = ""


class _Stop(Exception):
    pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("regex", nargs="?", default="", help="only names that it is found in")
    parser.add_argument("-o", "--output", type=Path, help="CSV file for the table")
    parser.add_argument("--packages", default=PACKAGES)
    parser.add_argument("--each", type=int, default=4, help="architectures a family of timm")
    parser.add_argument("--no-gradient", action="store_true", help="leave out receptive fields")
    parser.add_argument("--least", type=float, default=95.0)
    parser.add_argument("--resume", action="store_true", help="keep the rows that -o has")
    options = parser.parse_args()
    records = read(options.output) if options.resume and options.output else []
    known = {(one.package, one.name) for one in records}
    for one in architectures(options.packages.split(","), options.each):
        if re.search(options.regex, one.name) and (one.package, one.name) not in known:
            records.append(compare(one, gradient=not options.no_gradient))
            print(*asdict(records[-1]).values(), sep="\t", flush=True)
            if options.output:
                write(options.output, records)
    traced = [one for one in records if one.result not in ("not traced", "not built")]
    agreed = [one for one in traced if one.result == "agrees"]
    share = 100 * len(agreed) / max(len(traced), 1)
    print(
        f"{len(agreed)} of {len(traced)} that torch can trace agree: {share:.1f}%", file=sys.stderr
    )
    return 0 if share >= options.least else 1


def read(path: Path) -> list[Record]:
    """The rows of a table; none where there is no such file."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return [Record(**row) for row in csv.DictReader(file)]


def write(path: Path, records: list[Record]) -> None:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, [one.name for one in fields(Record)])
        table.writeheader()
        table.writerows(map(asdict, records))


def compare(one: Architecture, gradient: bool) -> Record:
    """Read one architecture, and hold each figure against torch's."""
    record = Record(one.package, one.name, "x".join(map(str, one.shape)))
    torch.manual_seed(0)
    warnings.simplefilter("ignore")
    try:
        module, device = _light(one)
    except Exception as error:
        return _failed(record, "not built", error)
    example = torch.zeros(one.shape, device=device)
    try:
        network = rfsearch.from_torch(module, example_inputs=example)
    except rfsearch.UsageError as error:
        untraced = "torch.export cannot trace" in str(error)
        return _failed(record, "not traced" if untraced else "refused", error)
    except rfsearch.LimitError as error:
        return _failed(record, "refused", error)
    except Exception as error:
        return _failed(record, "traceback", error)
    record.params, record.macs = network.totals["params"], network.totals["macs"]
    record.rf = str(network.rf)
    wrong = list(_counts(module, example, network))
    measured = gradient and network.totals["macs"] <= MOST_MACS
    if measured:
        wrong += _unlike(one.build().eval() if device == "meta" else module, one.shape, network)
    notes = [line for line in network.findings if line.startswith("taken to see everything")]
    record.result = "differs" if wrong else "agrees"
    record.reason = "; ".join([*wrong, *(note[:200] for note in notes)])
    if not measured:
        record.reason = "; ".join(filter(None, [record.reason, UNMEASURED]))
    return record


def _light(one: Architecture) -> tuple[Any, str]:
    """The module without memory for its weights, where it can be built so."""
    try:
        with torch.device("meta"):
            module = one.build().eval()
            module(torch.zeros(one.shape))
        return module, "meta"
    except Exception:
        return one.build().eval(), "cpu"


def _failed(record: Record, result: str, error: Exception) -> Record:
    record.result = result
    lines = str(error).strip().splitlines() or [""]
    record.reason = f"{type(error).__name__}: {lines[0][:300]}"
    return record


def _counts(module: Any, example: Any, network: Any) -> Iterator[str]:
    """Params and MACs that are not as torch counts them."""
    params = sum(one.numel() for one in module.parameters())
    params -= _left_out(network, r"left out[,:] ([\d,]*\d)")
    if params != network.totals["params"]:
        yield f"params {params:,}"
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(example)
    macs = counter.get_total_flops() // 2 - _left_out(network, r"and ([\d,]*\d) MACs with them")
    # torch's counter has no entry for the LSTM that runs on a CPU.
    recurrent = (torch.nn.LSTM, torch.nn.GRU)
    uncounted = {name for name, one in module.named_modules() if isinstance(one, recurrent)}
    fused = sum(node.macs for node in network.nodes if node.name.rpartition(".")[0] in uncounted)
    fused += sum(node.macs for node in network.nodes if node.name in uncounted)
    if macs not in (network.totals["macs"], network.totals["macs"] - fused):
        yield f"MACs {macs:,}"


def _left_out(network: Any, pattern: str) -> int:
    """What no output needs, by the network's findings; torch counts it."""
    found = [number for line in network.findings for number in re.findall(pattern, line)]
    return sum(int(number.replace(",", "")) for number in found)


def _unlike(module: Any, shape: tuple[int, ...], network: Any) -> Iterator[str]:
    """Rows of which one output sees other pixels than is said."""
    for index in _rows_to_measure(network):
        node = network.nodes[index]
        at = tuple(n // 2 for n in node.sizes)
        said, seen = network.box(at, index), set()
        for _ in range(DRAWS):
            measured = measure(module, shape, node, at)
            if measured is None or measured == said:
                break
            seen.add(measured)
        else:
            drawn = " or ".join(map(str, sorted(seen)))
            yield f"row {index} {node.name}: sees {drawn}, said {said}"


def _rows_to_measure(network: Any) -> list[int]:
    """The deepest convolution or pool whose field lies within the input, and the last one."""
    names = [node.name for node in network.nodes]
    rows = [
        index
        for index, node in enumerate(network.nodes)
        if node.op in ("C", "DW", "T", "MP", "AP") and names.count(node.name) == 1
        if not node.after_head
    ]
    inside = [
        index
        for index in rows
        if all(
            seen.rf <= n for seen, n in zip(network.nodes[index].fields, network.input, strict=True)
        )
        and not any(network.nodes[index].gates)
    ]
    return sorted({*inside[-1:], *rows[-1:]})


def _within(field: Any, size: int) -> bool:
    return bool(field.rf <= size)


def _wake(module: Any) -> None:
    """Norms and scales that begin at zero, or next to it, would hide what stands behind them; in
    double precision, as products of many layers leave the range of floats."""
    module.double()
    with torch.no_grad():
        for one in module.parameters():
            if one.numel() == max(one.shape, default=1):
                one.uniform_(0.5, 1.5)


def measure(module: Any, shape: tuple[int, ...], node: Any, at: tuple[int, ...]) -> Any:
    """The box of input pixels on which one output of a row depends, an axis; None where the row
    is no module with such an output."""
    part = dict(module.named_modules()).get(node.name)
    if part is None:
        return None
    caught = []

    def stop(_module: Any, _inputs: Any, output: Any) -> None:
        caught.append(output)
        raise _Stop

    _wake(module)
    hook = part.register_forward_hook(stop)
    image = torch.rand(shape, requires_grad=True, dtype=torch.float64)
    with contextlib.suppress(_Stop):
        module(image)
    hook.remove()
    if not caught or list(getattr(caught[0], "shape", ())) != [1, node.channels, *node.sizes]:
        return None
    caught[0][(0, slice(None), *at)].sum().backward()
    axes = range(len(at))
    seen = image.grad.reshape(-1, *shape[-len(at) :]).abs().sum(0) > 0
    boxes = []
    for axis in axes:
        others = tuple(other for other in axes if other != axis)
        line = (seen.any(dim=others) if others else seen).nonzero().flatten().tolist()
        boxes.append((line[0], line[-1]) if line else (0, -1))
    return tuple(boxes)


if __name__ == "__main__":
    sys.exit(main())
