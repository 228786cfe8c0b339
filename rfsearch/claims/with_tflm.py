"""TensorFlow Lite Micro: the exported network converted to int8, and run in the interpreter.

What is claimed is worked out by `rfsearch.device.tflm`, or by the row of a results file. The
network runs in an arena of exactly the bytes that it is said to need.
"""

from __future__ import annotations

from typing import Any

from rfsearch.claims.claim import Claim
from rfsearch.claims.verdict import Verdict, differences, text
from rfsearch.device.tflm import arena, flash
from rfsearch.device.tflm.convert import convert
from rfsearch.device.tflm.interpret import interpret, macs
from rfsearch.export.live import plan_of

# Of a claim's figures, those that a converted network shows.
FIGURES = ("macs", "arena", "flash")


def check(claim: Claim) -> Verdict:
    """Convert, run and compare. UsageError names what cannot be claimed exactly; LimitError where
    the network does not run in the arena that it is said to need."""
    network = claim.network
    expected = arena(network)
    claimed: dict[str, Any] = {
        "macs": network.totals["macs"],
        "arena": expected.total,
        "flash": flash(network),
        "persistent": expected.persistent,
        "tensors": expected.tensors,
    }
    said = {name: claim.figures[name] for name in FIGURES if name in claim.figures}
    data = convert(plan_of(network))
    ran = interpret(data, said.get("arena", expected.total))
    measured = {
        "macs": macs(data),
        # What the interpreter needs to start is not shown by it; that it starts was seen.
        "arena": max(ran.persistent + ran.tensors, expected.startup),
        "flash": len(data),
        "persistent": ran.persistent,
        "tensors": ran.tensors,
    }
    found = differences({**claimed, **said}, measured)
    last = network.nodes[network.outputs[-1]]
    shape = (*last.sizes, last.channels)
    # A global average and a fully connected layer leave no axes.
    if ran.shape[1:] not in (shape, shape[-1:]):
        found.append(f"output: expected {text(shape)}, measured {text(ran.shape[1:])}")
    return Verdict(claim.stack, "tflm", {**claimed, **said}, measured, True, tuple(found))
