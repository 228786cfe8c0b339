"""torch: the exported source itself; MACs by torch's own flop counter.

Receptive fields by gradients: on the one-channel copy every weight is 1, so the gradient of an
output is positive exactly at the pixels that it sees.
"""

from __future__ import annotations

from typing import Any

from rfsearch.claims.measured import Built
from rfsearch.claims.viewpoint import NOTHING, Viewpoint
from rfsearch.export.live import require_torch, torch_module
from rfsearch.export.plan import Plan
from rfsearch.network.field import Box


def build(plan: Plan, run: bool) -> Built:
    """Shape, parameters and MACs of the whole network; run once on zeros where `run` says so."""
    require_torch()
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        module = torch_module(plan)
    counter = FlopCounterMode(display=False)
    with counter:
        inferred = _last_shape(module, plan, "meta")
    params = sum(value.numel() for value in module.parameters())
    ran = _last_shape(torch_module(plan), plan, "cpu") if run else None
    # torch counts a multiply-accumulate as two operations.
    return Built(inferred, params, counter.get_total_flops() // 2, ran)


def feature_sizes(thin: Plan) -> tuple[int, ...]:
    """Size of the described output of the one-channel copy, as torch runs it."""
    import torch

    with torch.no_grad():
        return tuple(_described(thin, _zeros(thin)).shape[2:])


def boxes(thin: Plan, view: Viewpoint) -> list[Box]:
    """(first, last) pixel along the axis with a gradient, for each output of the viewpoint."""
    import torch

    image = _zeros(thin).requires_grad_()
    made = _described(thin, image)
    found: list[Box] = []
    for output in view.outputs:
        slice_ = made.select(2 + view.axis, output).sum()
        (gradient,) = torch.autograd.grad(slice_, image, retain_graph=True)
        along = gradient.movedim(2 + view.axis, -1).reshape(-1, view.sizes[view.axis])
        seen = along.ne(0).any(0).nonzero().flatten()
        found.append((int(seen[0]), int(seen[-1])) if len(seen) else NOTHING)
    return found


def _last_shape(module: Any, plan: Plan, device: str) -> tuple[int, ...]:
    """Shape of the last output for one image of zeros, without the batch."""
    import torch

    with torch.no_grad():
        made = module.eval()(torch.zeros(1, plan.channels, *plan.sizes, device=device))
    return tuple((made[-1] if isinstance(made, tuple) else made).shape[1:])


def _described(thin: Plan, image: Any) -> Any:
    """The described output of the copy with weights of 1."""
    import torch

    module = torch_module(thin).double()
    with torch.no_grad():
        for weight in module.parameters():
            weight.fill_(1)
    made = module(image)
    return made[thin.main] if thin.asides else made


def _zeros(thin: Plan) -> Any:
    import torch

    return torch.zeros(1, 1, *thin.sizes, dtype=torch.float64)
