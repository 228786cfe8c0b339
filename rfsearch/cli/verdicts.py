"""Verdicts as text, each as soon as it is there: a table, JSON, NDJSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rfsearch.answer.output.plain import json_text, plain
from rfsearch.schema import SCHEMA

if TYPE_CHECKING:
    from rfsearch.claims import Verdict
    from rfsearch.claims.claim import Claim

# What a table shows, by the name of the figure: of a framework, and of each device.
MEASURED = {"output_size": "output", "rf": "RF", "jump": "jump", "params": "params", "macs": "MACs"}
COLUMNS = {
    "tflm": {"macs": "MACs", "arena": "arena", "tensors": "of it tensors", "flash": "file"},
}
# Figures that nobody knows before they are measured are at most so wide.
_UNKNOWN = 11


class Written:
    """The verdicts of some claims in one format; `verdicts` are those measured so far."""

    def __init__(self, form: str, claims: list[Claim], framework: str) -> None:
        self.form, self.claims, self.framework = form, claims, framework
        self.columns = COLUMNS.get(framework, MEASURED)
        self.verdicts: list[Verdict] = []

    @property
    def different(self) -> int:
        """How many differ so far."""
        return sum(bool(verdict.differences) for verdict in self.verdicts)

    def document(self) -> dict[str, Any]:
        """The JSON object."""
        rows = [_row(verdict) for verdict in self.verdicts]
        return {"schema": SCHEMA, "rows": rows, "different": self.different}

    def pieces(self, verdicts: Iterable[Verdict]) -> Iterator[str]:
        """The text, a piece for each verdict where the format allows it; the end comes last."""
        before, of_each, after = {
            "table": (self._heads, self._line_of, self._sum),
            "json": (_nothing, _no_verdict, lambda: json_text(self.document())),
            "ndjson": (_nothing, _ndjson, _nothing),
            "csv": (_nothing, self._csv, _nothing),
        }[self.form]
        for number, verdict in enumerate(verdicts):
            self.verdicts.append(verdict)
            # Nothing is written before the first claim is measured, which may be an error.
            yield (before() if number == 0 else "") + of_each(verdict)
        yield after()

    def _heads(self) -> str:
        return self._line(("verdict", *self.columns.values(), "stack"))

    def _line_of(self, verdict: Verdict) -> str:
        """A row, and what differs below it."""
        figures = (_figure(verdict.measured[name]) for name in self.columns)
        below = "".join(f"  {line}\n" for line in verdict.differences)
        return self._line((_row(verdict)["verdict"], *figures, verdict.stack)) + below

    def _sum(self) -> str:
        number = len(self.verdicts)
        ran = sum(verdict.ran for verdict in self.verdicts)
        patches = any(node.patches for claim in self.claims for node in claim.network.nodes)
        return (
            f"\n{number - self.different} as claimed, {self.different} different; measured with "
            f"{self.framework}, {ran} of {number} run at full width\n"
            + patches
            * "patches are an order of execution: MACs here are those of whole maps\n"
        )

    @cached_property
    def _widths(self) -> list[int]:
        """As wide as what is claimed, since rows appear before the last is measured."""
        return [
            max(len(head), *(len(_claimed(claim, name)) for claim in self.claims))
            for name, head in self.columns.items()
        ]

    def _line(self, cells: tuple[str, ...]) -> str:
        verdict, *figures, stack = cells
        padded = (cell.rjust(width) for cell, width in zip(figures, self._widths, strict=True))
        return "  ".join((verdict.ljust(len("as claimed")), *padded, stack)) + "\n"

    def _csv(self, verdict: Verdict) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        row = _row(verdict)
        if len(self.verdicts) == 1:
            writer.writerow(row)
        writer.writerow([_cell(value) for value in row.values()])
        return text.getvalue()


def _claimed(claim: Claim, name: str) -> str:
    """The cell of a figure, as it will be where the claim is true."""
    value = getattr(claim.network, name, None)
    if name in claim.network.totals:
        value = claim.network.totals[name]
    return "?" * _UNKNOWN if value is None else _figure(value)


def _nothing() -> str:
    return ""


def _no_verdict(verdict: Verdict) -> str:
    return ""


def _row(verdict: Verdict) -> dict[str, Any]:
    return {
        "stack": verdict.stack,
        "with": verdict.framework,
        "verdict": "differs" if verdict.differences else "as claimed",
        "ran": verdict.ran,
        **verdict.measured,
        "differences": list(verdict.differences),
    }


def _ndjson(verdict: Verdict) -> str:
    return json.dumps(plain(_row(verdict)), ensure_ascii=False) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _figure(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
