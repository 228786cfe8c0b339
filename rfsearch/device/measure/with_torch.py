"""torch: the exported module in eval mode, without gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rfsearch.export.live import require_torch, torch_module
from rfsearch.export.plan import Plan


def versions() -> str:
    """`torch 2.13.0`."""
    require_torch()
    import torch

    return f"torch {torch.__version__}"


def prepared(plan: Plan, threads: int) -> Callable[[], Any]:
    """The module on one image of noise; the number of threads is that of the process."""
    import torch

    torch.set_num_threads(threads)
    module = torch_module(plan).eval()
    image = torch.rand(1, plan.channels, *plan.sizes)

    def run() -> Any:
        with torch.inference_mode():
            return module(image)

    return run
