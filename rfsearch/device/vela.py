"""Arm's Vela: cycles, memory and flash of Ethos-U55 and U65, by its compiler, without a device.

A network is converted as docs/export.md says and compiled; Vela's own reports say what each
operator takes. The cycles of operators add up; where memory and computing overlap, the whole takes
a little less or more than their sum (`Report.cycles`).
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from pathlib import Path

from rfsearch.device.place import Place
from rfsearch.errors import LimitError, MissingExtraError, UsageError

ACCELERATORS = (
    "ethos-u55-32",
    "ethos-u55-64",
    "ethos-u55-128",
    "ethos-u55-256",
    "ethos-u65-256",
    "ethos-u65-512",
)
FIGURES = {"cycles": "cycles", "memory": "B", "flash": "B"}
# Vela's own command, in a process of its own: it changes global state and exits by itself.
_MAIN = "import sys; from ethosu.vela.vela import main; sys.exit(main(sys.argv[1:]))"
_PREFIX, _END = "network_1/", "StatefulPartitionedCall_1:0"


@dataclass(frozen=True)
class Operator:
    """One operator of the report: its kind, the name of what it makes, cycles, MACs, and whether
    it is left to the processor, which Vela has no cycles for."""

    kind: str
    name: str
    cycles: int
    macs: int
    on_cpu: bool


@dataclass(frozen=True)
class Report:
    """What Vela says of a network: operators in order, cycles of the whole, bytes."""

    operators: tuple[Operator, ...]
    cycles: int
    memory: int
    flash: int

    def by_part(self, parts: Sequence[str]) -> dict[str, int]:
        """Cycles of each top-level part of the network, by its name in the exported file.

        The last operator has the network's own name; it belongs to the last part.
        """
        found = dict.fromkeys(parts, 0)
        for operator in self.operators:
            found[_part(operator.name, parts)] += operator.cycles
        return found


def _part(name: str, parts: Sequence[str]) -> str:
    if name.startswith(_END):
        return parts[-1]
    scope = name.split(";")[0].removeprefix(_PREFIX)
    for part in parts:
        if scope.startswith(f"{part}_"):
            return part
    raise UsageError(f"vela: {name} is of none of the parts {', '.join(parts)}")


def compile_network(data: bytes, accelerator: str = "ethos-u55-128") -> Report:
    """Compile a .tflite file. UsageError for another accelerator, LimitError where Vela fails,
    MissingExtraError without it."""
    if accelerator not in ACCELERATORS:
        raise UsageError(f"accelerator: {accelerator} is not one of {', '.join(ACCELERATORS)}")
    if find_spec("ethosu") is None:
        raise MissingExtraError("this needs ethos-u-vela: pip install 'rfsearch[vela]'")
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "network.tflite")
        model.write_bytes(data)
        command = [sys.executable, "-c", _MAIN, str(model)]
        command += ["--accelerator-config", accelerator, "--output-dir", folder]
        done = subprocess.run(
            [*command, "--verbose-performance"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = _last_line(done.stderr) or _last_line(done.stdout)
            raise LimitError(f"vela, {accelerator}: {said or 'failed'}")
        texts = [
            path.read_text(encoding="utf-8")
            for pattern in ("*_per-layer.csv", "*_summary_*.csv")
            for path in Path(folder).glob(pattern)
        ]
    if len(texts) != 2:
        raise LimitError(f"vela, {accelerator}: it wrote no report; {_last_line(done.stdout)}")
    return read_report(*texts)


def _last_line(text: str) -> str:
    return "".join(text.strip().splitlines()[-1:])


def read_report(layers: str, summary: str) -> Report:
    """The report in the two files that Vela writes: one row an operator, and one of the whole."""
    (whole,) = csv.DictReader(io.StringIO(summary))
    operators = tuple(
        Operator(
            row["NNG Operator"],
            row["Name"],
            round(float(row["Op Cycles"])),
            round(float(row["MAC Count"])),
            row["Target"] != "NPU",
        )
        for row in csv.DictReader(io.StringIO(layers))
    )
    memory = sum(float(whole[f"{kind}_memory_used"]) for kind in ("sram", "dram"))
    flash = sum(float(whole[f"{kind}_flash_memory_used"]) for kind in ("on_chip", "off_chip"))
    return Report(
        operators,
        round(float(whole["cycles_total"])),
        ceil(memory * 1024),
        ceil(flash * 1024),
    )


def item_figure(place: Place, figure: str, accelerator: str = "ethos-u55-128") -> int:
    """Cycles, memory or flash (bytes) of one item, converted and compiled by itself.

    LimitError where it is left to the processor; MissingExtraError without the extras.
    """
    from rfsearch.device.measure.build import item_plan
    from rfsearch.device.tflm.convert import convert

    if figure not in FIGURES:
        raise UsageError(f"figure: {figure} is not one of {', '.join(FIGURES)}")
    report = compile_network(convert(item_plan(place)), accelerator)
    left = [operator.kind for operator in report.operators if operator.on_cpu]
    if left:
        raise LimitError(f"{place}: vela leaves {', '.join(left)} to the processor")
    found = {"cycles": report.cycles, "memory": report.memory, "flash": report.flash}
    return found[figure]


def rows(places: Sequence[Place], figure: str, accelerator: str) -> list[dict[str, object]]:
    """A row of a table for each place; null and the error where there is none."""
    found: list[dict[str, object]] = []
    for place in places:
        row: dict[str, object] = {
            "item": place.key[0],
            "channels": place.channels,
            "sizes": "x".join(map(str, place.sizes)),
            "value": None,
            "unit": FIGURES.get(figure),
            "machine": accelerator,
            "error": None,
        }
        try:
            row["value"] = item_figure(place, figure, accelerator)
        except LimitError as error:
            row["error"] = str(error)
        found.append(row)
    return found
