"""`rfsearch verify NETWORK --tiling`: an image whole and in tiles, and what differs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rfsearch.cli.network import network_of
from rfsearch.errors import UsageError
from rfsearch.schema import SCHEMA

if TYPE_CHECKING:
    from rfsearch.claims.tiling import TilingVerdict

AS_THE_WHOLE, DIFFERENT = 0, 1


def run_tiling(args: argparse.Namespace, form: str) -> int:
    """Cut, run and compare; 1 where tiles give something else than the whole."""
    from rfsearch.answer.output.plain import json_text
    from rfsearch.claims.tiling import check_tiling
    from rfsearch.cli.destination import put
    from rfsearch.quantity import whole

    if form not in ("table", "json"):
        raise UsageError(f"--format: {form!r}: --tiling is shown as table or json")
    tile = None if args.tile is None else whole(args.tile, "--tile", 1)
    verdict = check_tiling(network_of(args.claims, args), args.framework, tile)
    text = json_text(_document(verdict)) if form == "json" else _screen(verdict)
    put(text.encode(), args.output)
    return AS_THE_WHOLE if verdict.is_exact else DIFFERENT


def _document(verdict: TilingVerdict) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "stack": verdict.stack,
        "with": verdict.framework,
        "verdict": "as the whole" if verdict.is_exact else "differs",
        "input": verdict.input,
        "tile": verdict.tile,
        "tiles": verdict.tiles,
        "outputs": verdict.outputs,
        "difference": verdict.difference,
        "tolerance": verdict.tolerance,
    }


def _screen(verdict: TilingVerdict) -> str:
    image, tile, outputs = (
        "×".join(map(str, sizes)) for sizes in (verdict.input, verdict.tile, verdict.outputs)
    )
    said = "as the whole" if verdict.is_exact else "differs"
    return (
        f"{said}: {verdict.tiles} tiles of {tile} against the image of {image}, {outputs} outputs; "
        f"largest difference {verdict.difference:.2g} of the largest value "
        f"(rounding: {verdict.tolerance:g}), run with {verdict.framework}\n"
    )
