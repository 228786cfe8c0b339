"""onnxruntime: the exported file, all graph optimizations on, as it would be deployed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rfsearch.errors import MissingExtraError
from rfsearch.export.onnx_graph import INPUT, IR_VERSION, OPSET, onnx_model
from rfsearch.export.plan import Plan


def versions() -> str:
    """`onnxruntime 1.32.0`."""
    return f"onnxruntime {_module().__version__}"


def prepared(plan: Plan, threads: int) -> Callable[[], Any]:
    """A session on one image of noise."""
    import numpy as np

    noise = np.random.default_rng(0).random((1, plan.channels, *plan.sizes))
    return _run(onnx_model(plan, batch=1), noise.astype(np.float32), threads)


def nothing(threads: int) -> Callable[[], Any]:
    """A session that passes one value on."""
    import numpy as np
    from onnx import TensorProto, helper

    one = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1]) for name in (INPUT, "output")
    ]
    node = helper.make_node("Identity", [INPUT], ["output"])
    graph = helper.make_graph([node], "nothing", one[:1], one[1:])
    versions = {"opset_imports": [helper.make_opsetid("", OPSET)], "ir_version": IR_VERSION}
    return _run(helper.make_model(graph, **versions), np.ones((1, 1), np.float32), threads)


def _run(model: Any, image: Any, threads: int) -> Callable[[], Any]:
    onnxruntime = _module()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin for work between runs take time from what is measured next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feed = {INPUT: image}
    return lambda: session.run(None, feed)


def _module() -> Any:
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError(
            "measuring needs the package onnxruntime: pip install 'rfsearch[onnx]'"
        ) from None
    return onnxruntime
