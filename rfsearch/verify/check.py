"""One claim against one framework: what was claimed, what was measured, where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.export.planner import plan
from rfsearch.export.thin import thin
from rfsearch.notation import parse_stack
from rfsearch.verify.claim import Claim
from rfsearch.verify.measured import Built, Framework, figures
from rfsearch.verify.viewpoint import Viewpoint, features_index, inside

# name -> module with the functions of measured.Framework
FRAMEWORKS = {
    "onnxruntime": "rfsearch.verify.with_onnxruntime",
    "torch": "rfsearch.verify.with_torch",
    "keras": "rfsearch.verify.with_keras",
}


@dataclass(frozen=True)
class Verdict:
    """The outcome for one stack; `differences` is empty where everything is as claimed."""

    stack: str
    framework: str
    claimed: Mapping[str, Any]
    measured: Mapping[str, Any]
    ran: bool
    differences: tuple[str, ...]


def check(claim: Claim, framework: str = "onnxruntime", run: bool = True) -> Verdict:
    """Build, run and compare. With `run` false the whole network's shapes are only inferred.

    MissingExtraError where the framework is not installed; LimitError where the receptive field
    cannot be measured within the limits.
    """
    made = framework_named(framework)
    network = claim.network
    stack = parse_stack(claim.stack)
    whole = plan(stack, network.input, network.input_channels)
    built = made.build(whole, run)
    copy = thin(whole)
    views = [inside(network, axis) for axis in range(len(network.input))]
    boxes = [
        made.boxes(thin(plan(stack, view.sizes, network.input_channels)), view) for view in views
    ]
    measured = figures(built, made.feature_sizes(copy), views, boxes)
    differences = [
        f"{name}: claimed {_text(said)}, measured {_text(measured[name])}"
        for name, said in claim.figures.items()
        if measured[name] != said
    ]
    differences += _shape_difference(claim, built)
    differences += _border_differences(claim, made, copy)
    return Verdict(claim.stack, framework, claim.figures, measured, built.ran, tuple(differences))


def framework_named(name: str) -> Framework:
    """The framework's module; UsageError for a name that is none."""
    if name not in FRAMEWORKS:
        raise UsageError(f"--with: {name!r} is not one of {', '.join(FRAMEWORKS)}")
    module: Any = import_module(FRAMEWORKS[name])
    return module  # type: ignore[no-any-return]


def _shape_difference(claim: Claim, built: Built) -> list[str]:
    """Channels and sizes of the network's output, the head included."""
    last = claim.network.nodes[claim.network.outputs[-1]]
    expected = (last.channels, *last.sizes)
    # A framework may drop the axes of one position when it flattens.
    found = built.shape + (1,) * (len(expected) - len(built.shape))
    if found == expected:
        return []
    return [f"output: expected {_text(expected)}, measured {_text(built.shape)}"]


def _border_differences(claim: Claim, made: Framework, copy: Any) -> list[str]:
    """On the input itself: what the first and the last output see within its borders."""
    network = claim.network
    if any(node.gates[0] for node in network.nodes):
        return []  # a gate sees everything, and the copy has none
    node = features_index(network)
    sizes = network.nodes[node].sizes
    differences = []
    for axis, size in enumerate(sizes):
        outputs = (0, size - 1)
        expected = []
        for output in outputs:
            index = tuple(output if one == axis else 0 for one in range(len(sizes)))
            expected.append(network.box(index, node)[axis])
        seen_any = [box for box in expected if box[0] <= box[1]]
        if len(seen_any) < len(expected):
            continue  # an output that lies in the padding altogether
        view = Viewpoint(axis, network.input, outputs, tuple(expected))
        for output, said, seen in zip(outputs, expected, made.boxes(copy, view), strict=True):
            if seen != said:
                differences.append(
                    f"output {output} of axis {axis}: sees pixels {seen[0]} to {seen[1]}, "
                    f"not {said[0]} to {said[1]}"
                )
    return differences


def _text(value: Any) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
