"""`rfsearch verify STACK|NAME|MODEL.onnx|RESULTS`: build, run and compare with what is claimed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfsearch.cli.network import add_input, network_of
from rfsearch.cli.report import add_report, check_report, put_report
from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.verify import Verdict
    from rfsearch.verify.claim import Claim

AS_CLAIMED, DIFFERENT = 0, 1
FORMATS = ("table", "json", "ndjson", "csv")
RESULTS = (".json", ".parquet")
# What a table shows, by the name of the figure: of a framework, and of each device.
MEASURED = {"output_size": "output", "rf": "RF", "jump": "jump", "params": "params", "macs": "MACs"}
COLUMNS = {
    "tflm": {"macs": "MACs", "arena": "arena", "tensors": "of it tensors", "flash": "file"},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `verify`; text, read in `run` so that their errors are one line."""
    parser.add_argument(
        "claims",
        metavar="STACK|NAME|MODEL.onnx|RESULTS",
        help="a network, or results.json or .parquet",
    )
    parser.add_argument(
        "--with", dest="framework", metavar="FRAMEWORK", default="onnxruntime",
        help="onnxruntime (default), torch, keras or tflm",
    )  # fmt: skip
    add_input(parser)
    parser.add_argument(
        "--tiling",
        action="store_true",
        help="run the image whole and in tiles, random weights, and compare what they give",
    )
    parser.add_argument(
        "--tile", metavar="N", help="pixels of a tile with --tiling; default: a few tiles an axis"
    )
    parser.add_argument("--format", metavar="FORMAT", help=", ".join(FORMATS) + "; default table")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")
    add_report(parser)


def run(args: argparse.Namespace) -> int:
    """Verify every claim; 1 where any figure differs. Raises UsageError for what is no claim."""
    from rfsearch.answer.output.frames import format_of
    from rfsearch.cli.destination import check, put
    from rfsearch.verify import check as verified
    from rfsearch.verify.check import module_named

    form = format_of(args.format, args.output)
    if form not in FORMATS:
        raise UsageError(f"--format: {form!r} is not one of {', '.join(FORMATS)}")
    check(args.output, binary=False)
    check_report(args.report)
    module_named(args.framework)
    if args.tile is not None and not args.tiling:
        raise UsageError("--tile: only with --tiling")
    if args.report is not None and args.tiling:
        raise UsageError("--report: not with --tiling")
    if args.tiling:
        from rfsearch.cli.tiles import run_tiling

        return run_tiling(args, form)
    claims = _claims(args)
    verdicts = [verified(claim, args.framework) for claim in claims]
    put(_encoded(verdicts, form).encode(), args.output)
    if args.report:
        networks = {claim.stack: claim.network for claim in claims}
        put_report(args.report, _document(verdicts), args.command, networks=networks)
    return DIFFERENT if any(verdict.differences for verdict in verdicts) else AS_CLAIMED


def _claims(args: argparse.Namespace) -> list[Claim]:
    from rfsearch.quantity import whole
    from rfsearch.verify.claim import of_file, of_network

    if not args.claims.lower().endswith(RESULTS):
        return [of_network(network_of(args.claims, args))]
    channels = None
    if args.input_channels is not None:
        channels = whole(args.input_channels, "--input-channels", 1)
    try:
        data = Path(args.claims).read_bytes()
    except OSError as error:
        raise UsageError(f"{args.claims}: {error.strerror}") from None
    return of_file(args.claims, data, args.input, channels)


def _encoded(verdicts: list[Verdict], form: str) -> str:
    if form == "table":
        return _table(verdicts)
    if form == "json":
        from rfsearch.answer.output.plain import json_text

        return json_text(_document(verdicts))
    rows = [_row(verdict) for verdict in verdicts]
    if form == "ndjson":
        import json

        from rfsearch.answer.output.plain import plain

        return "".join(json.dumps(plain(row), ensure_ascii=False) + "\n" for row in rows)
    return _csv(rows)


def _document(verdicts: list[Verdict]) -> dict[str, Any]:
    """The JSON object."""
    different = sum(bool(verdict.differences) for verdict in verdicts)
    rows = [_row(verdict) for verdict in verdicts]
    return {"schema": 1, "rows": rows, "different": different}


def _row(verdict: Verdict) -> dict[str, Any]:
    return {
        "stack": verdict.stack,
        "with": verdict.framework,
        "verdict": "differs" if verdict.differences else "as claimed",
        "ran": verdict.ran,
        **verdict.measured,
        "differences": list(verdict.differences),
    }


def _csv(rows: list[dict[str, Any]]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([_cell(value) for value in row.values()])
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _table(verdicts: list[Verdict]) -> str:
    """A row each, what differs below it, and the sum of it all."""
    columns = COLUMNS.get(verdicts[0].framework, MEASURED)
    names = tuple(columns)
    heads = ("verdict", *columns.values(), "stack")
    cells = [heads]
    for verdict in verdicts:
        figures = [_figure(verdict.measured[name]) for name in names]
        cells.append((str(_row(verdict)["verdict"]), *figures, verdict.stack))  # type: ignore[arg-type]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for place, row in enumerate(cells):
        padded = [
            cell.ljust(width) if head in ("verdict", "stack") else cell.rjust(width)
            for head, cell, width in zip(heads, row, widths, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
        if place:
            lines += [f"  {line}" for line in verdicts[place - 1].differences]
    different = sum(bool(verdict.differences) for verdict in verdicts)
    ran = sum(verdict.ran for verdict in verdicts)
    how = f"measured with {verdicts[0].framework}, {ran} of {len(verdicts)} run at full width"
    lines += ["", f"{len(verdicts) - different} as claimed, {different} different; {how}"]
    return "\n".join(lines) + "\n"


def _figure(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
