"""onnxruntime: the exported file, all graph optimizations on, as it would be deployed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rfsearch.errors import MissingExtraError
from rfsearch.export.onnx_graph import INPUT, onnx_model
from rfsearch.export.plan import Plan


def versions() -> str:
    """`onnxruntime 1.32.0`."""
    return f"onnxruntime {_module().__version__}"


def prepared(plan: Plan, threads: int) -> Callable[[], Any]:
    """A session on one image of noise."""
    import numpy as np

    onnxruntime = _module()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin for work between runs take time from what is measured next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        onnx_model(plan, batch=1).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    noise = np.random.default_rng(0)
    image = {INPUT: noise.random((1, plan.channels, *plan.sizes)).astype(np.float32)}
    return lambda: session.run(None, image)


def _module() -> Any:
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError(
            "measuring needs the package onnxruntime: pip install 'rfsearch[onnx]'"
        ) from None
    return onnxruntime
