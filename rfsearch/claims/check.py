"""One claim against one framework: what was claimed, what was measured, where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from rfsearch.claims.claim import Claim
from rfsearch.claims.limits import check_fits, fits_at_full_width
from rfsearch.claims.measured import Built, Framework, figures
from rfsearch.claims.verdict import Verdict, differences, text
from rfsearch.claims.viewpoint import Viewpoint, inside, seen
from rfsearch.errors import UsageError
from rfsearch.export.plan import Plan
from rfsearch.export.planner import plan
from rfsearch.export.thin import thin
from rfsearch.layers.notation import parse_stack
from rfsearch.network import Network, parse

# name -> module with the functions of measured.Framework
FRAMEWORKS = {
    "onnxruntime": "rfsearch.claims.with_onnxruntime",
    "torch": "rfsearch.claims.with_torch",
    "keras": "rfsearch.claims.with_keras",
}
# name -> module with a function `check` of its own: devices, which show no receptive fields
DEVICES = {"tflm": "rfsearch.claims.with_tflm"}


def check(claim: Claim, framework: str = "onnxruntime", run: bool = True) -> Verdict:
    """Build, run and compare. With `run` false the whole network's shapes are only inferred.

    MissingExtraError where the framework is not installed; LimitError where something cannot be
    measured within the limits.
    """
    made = module_named(framework)
    if framework in DEVICES:
        verdict: Verdict = made.check(claim)
        return verdict
    return _in_framework(claim, framework, made, run)


def module_named(name: str) -> Any:
    """The module of a framework or device; UsageError for a name that is none."""
    known = {**FRAMEWORKS, **DEVICES}
    if name not in known:
        raise UsageError(f"--with: {name!r} is not one of {', '.join(known)}")
    return import_module(known[name])


def _in_framework(claim: Claim, framework: str, made: Framework, run: bool) -> Verdict:
    network = claim.network
    stack = parse_stack(claim.stack)
    whole = plan(stack, network.input, network.input_channels)
    check_fits(network, network.name, "on its input")
    views = [inside(network, axis) for axis in range(len(network.input))]
    for view in views:
        check_fits(parse(claim.stack, view.sizes, 1), network.name, "where its field is measured")
    built = made.build(whole, run and fits_at_full_width(network))
    boxes = [
        made.boxes(thin(plan(stack, view.sizes, network.input_channels), view.axis), view)
        for view in views
    ]
    measured = figures(built, made.feature_sizes(thin(whole, 0)), views, boxes)
    claimed = _of_whole_maps(claim)
    found = differences(claimed, measured)
    found += _shape_differences(claim, built)
    found += _border_differences(claim.network, made, whole)
    return Verdict(claim.stack, framework, claimed, measured, built.ran is not None, tuple(found))


def _of_whole_maps(claim: Claim) -> Mapping[str, Any]:
    """The figures of a claim as a framework has them: without what patches compute again."""
    again = sum(node.done_macs - node.macs for node in claim.network.nodes)
    macs = claim.figures.get("macs")
    return {**claim.figures, "macs": macs - again} if again and macs is not None else claim.figures


def _shape_differences(claim: Claim, built: Built) -> list[str]:
    """Channels and sizes of the network's output, the head included, as inferred and as run."""
    last = claim.network.nodes[claim.network.outputs[-1]]
    expected = (last.channels, *last.sizes)
    # A framework may drop the axes of one position when it flattens.
    return [
        f"output: expected {text(expected)}, {how} {text(shape)}"
        for how, shape in (("inferred", built.inferred), ("measured", built.ran))
        if shape is not None and shape + (1,) * (len(expected) - len(shape)) != expected
    ]


def _border_differences(network: Network, made: Framework, whole: Plan) -> list[str]:
    """On the input itself: what the first and the last output see within its borders."""
    differences = []
    for axis, size in enumerate(network.features.sizes):
        outputs = (0, size - 1)
        expected = seen(network, axis, outputs)
        view = Viewpoint(axis, network.input, outputs, expected)
        found = made.boxes(thin(whole, axis), view)
        for output, said, box in zip(outputs, expected, found, strict=True):
            if box != said:
                differences.append(
                    f"output {output} of axis {axis}: sees pixels {box[0]} to {box[1]}, "
                    f"not {said[0]} to {said[1]}"
                )
    return differences
