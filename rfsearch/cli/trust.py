"""`rfsearch verify RESULTS --cost latency`: whole networks run, beside the sums of their items."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.schema import SCHEMA

if TYPE_CHECKING:
    from rfsearch.claims.claim import Claim
    from rfsearch.claims.trust import Trust
    from rfsearch.device.charge import Charge

FOUND = 0
ROUNDS = 9


def run_trust(args: argparse.Namespace, claims: Sequence[Claim], form: str) -> int:
    """Run every network of the claims; 0 whatever comes out. Raises UsageError."""
    from rfsearch.answer.output.plain import json_text
    from rfsearch.claims.trust import Trust
    from rfsearch.cli.destination import put

    if form not in ("table", "json"):
        raise UsageError(f"--format: {form!r}: --cost is shown as table or json")
    if len(claims) < 2:
        raise UsageError("--cost: takes the results of a search, two networks at least")
    name, charge = _charge(args)
    predicted = tuple(_predicted(charge, claim) for claim in claims)
    trust = Trust(predicted, tuple(_measured(args, charge, claims)))
    found = _document(name, charge, claims, trust, args.framework)
    text = json_text(found) if form == "json" else _screen(found)
    put(text.encode(), args.output)
    return FOUND


def _charge(args: argparse.Namespace) -> tuple[str, Charge]:
    """The cost as a flag says it, or as the results' own question declares it."""
    from rfsearch.request.declared import charges_of, read_costs

    name, given, _ = args.cost.partition("=")
    if given:
        return name, charges_of(read_costs(args.cost, "--cost"))[name]
    declared: dict[str, Any] = {}
    if args.claims.lower().endswith(".json"):
        document = json.loads(Path(args.claims).read_bytes())
        declared = (document.get("query") or {}).get("cost") or {}
    if name not in declared:
        raise UsageError(
            f"--cost: {name}: {args.claims} declares no such cost; give --cost {name}=TABLE.parquet"
        )
    return name, charges_of({name: declared[name]})[name]


def _predicted(charge: Charge, claim: Claim) -> float:
    """What the items of a network are said to take, in the cost's unit."""
    from rfsearch.device.place import places_of
    from rfsearch.layers.notation import parse_stack

    network = claim.network
    places = places_of(parse_stack(claim.stack), network.input_channels, network.input)
    charge.require(places)
    constants = [charge.constant(place) for place in places]
    if None in constants:
        raise UsageError(f"{claim.stack}: it has an item that {charge.name} has no value for")
    return charge.total(one for one in constants if one is not None) / charge.source.scale


def _measured(args: argparse.Namespace, charge: Charge, claims: Sequence[Claim]) -> list[float]:
    """What whole networks take, in the cost's unit."""
    from rfsearch.device.unit import UNITS, factor
    from rfsearch.export.live import plan_of

    plans = [plan_of(claim.network) for claim in claims]
    for plan in plans:
        plan.check_whole(args.framework)
    if args.framework == "vela":
        from rfsearch.device.tflm.convert import convert
        from rfsearch.device.vela import compile_network

        times = factor(UNITS["cycles"], charge.source.unit, "--with: vela")
        accelerator = args.accelerator or "ethos-u55-128"
        return [float(compile_network(convert(plan), accelerator).cycles * times) for plan in plans]
    from rfsearch.cli.progress import watched
    from rfsearch.device.measure.runtime import runtime_named
    from rfsearch.device.measure.whole import whole_times
    from rfsearch.quantity import whole

    runtime = runtime_named(args.framework)
    runtime.versions()
    times = factor(UNITS["ns"], charge.source.unit, f"--with: {args.framework}")
    rounds = ROUNDS if args.rounds is None else whole(args.rounds, "--rounds", 1, 10_000)
    threads = 1 if args.threads is None else whole(args.threads, "--threads", 1, 1024)
    found: list[float] = []

    def work(progress: Any) -> None:
        measured = whole_times(plans, runtime, rounds=rounds, threads=threads, progress=progress)
        found.extend(one * float(times) for one in measured)

    watched(work, sys.stderr)
    return found


def _document(
    name: str, charge: Charge, claims: Sequence[Claim], trust: Trust, framework: str
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "cost": name,
        "unit": charge.source.unit.name,
        "with": framework,
        "networks": len(claims),
        "offset": trust.offset,
        "error": trust.error,
        "error_with_offset": trust.error_with_offset,
        "tau": trust.tau,
        "rows": [
            {"stack": claim.stack, "predicted": predicted, "measured": measured}
            for claim, predicted, measured in zip(
                claims, trust.predicted, trust.measured, strict=True
            )
        ],
    }


def _meant(offset: float) -> str:
    if offset < 0:
        return "items take more alone than within; blocks as items have less of that between them"
    return f"per_network = {offset:.4g}"


def _screen(found: dict[str, Any]) -> str:
    unit, tau = found["unit"], found["tau"]
    lines = [
        f"{found['cost']} of {found['networks']} whole networks, run with {found['with']}, beside "
        "the sums of their items",
        f"offset {found['offset']:+,.4g} {unit} a network: {_meant(found['offset'])}",
        f"mean absolute error {found['error']:.1%}, with the offset "
        f"{found['error_with_offset']:.1%}",
        f"Kendall's tau {'–' if tau is None else f'{tau:.3f}'}",
        "",
        f"{'predicted':>12}  {'measured':>12}  stack",
        *(
            f"{row['predicted']:>12,.6g}  {row['measured']:>12,.6g}  {row['stack']}"
            for row in found["rows"]
        ),
    ]
    return "".join(f"{line}\n" for line in lines)
