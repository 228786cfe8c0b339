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

    return _run(torch_module(plan), torch.rand(1, plan.channels, *plan.sizes), threads)


def nothing(threads: int) -> Callable[[], Any]:
    """A module that passes one value on."""
    import torch

    return _run(torch.nn.Identity(), torch.rand(1, 1), threads)


def _run(module: Any, image: Any, threads: int) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(threads)
    module = module.eval()

    def run() -> Any:
        with torch.inference_mode():
            return module(image)

    return run
