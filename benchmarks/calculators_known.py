"""The calculators: each takes a module and an example and gives params and MACs.

What a calculator calls flops is MACs where it counts a multiplication and its addition as one.
One that is not installed is not among CALCULATORS.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import rfsearch


class Figures(NamedTuple):
    """Learned values and multiply-accumulates."""

    params: int
    macs: int


def _rfsearch(module: Any, example: Any) -> Figures:
    totals = rfsearch.from_torch(module, example_inputs=example).totals
    return Figures(totals["params"], totals["macs"])


def _torchinfo(module: Any, example: Any) -> Figures:
    from torchinfo import summary

    found = summary(module, input_data=example, verbose=0)
    return Figures(found.total_params, found.total_mult_adds)


def _fvcore(module: Any, example: Any) -> Figures:
    from fvcore.nn import FlopCountAnalysis, parameter_count

    counted = FlopCountAnalysis(module, example)
    counted.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return Figures(parameter_count(module)[""], int(counted.total()))


def _ptflops(module: Any, example: Any) -> Figures:
    from ptflops import get_model_complexity_info

    macs, params = get_model_complexity_info(
        module, tuple(example.shape[1:]), as_strings=False, print_per_layer_stat=False,
        input_constructor=lambda shape: {_first(module): example}, verbose=False,
    )  # fmt: skip
    return Figures(int(params), int(macs))


def _first(module: Any) -> str:
    import inspect

    return next(iter(inspect.signature(module.forward).parameters))


def _onnx_tool(module: Any, example: Any) -> Figures:
    import onnx_tool
    import torch

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        file = str(Path(folder) / "network.onnx")
        torch.onnx.export(module, (example,), file, dynamo=False)
        model = onnx_tool.Model(file)
        model.graph.graph_reorder_nodes()
        model.graph.shape_infer(None)
        model.graph.profile()
        return Figures(int(model.graph.params), int(model.graph.macs[0]))


_EVERY: dict[str, Callable[[Any, Any], Figures]] = {
    "rfsearch": _rfsearch,
    "torchinfo": _torchinfo,
    "fvcore": _fvcore,
    "ptflops": _ptflops,
    "onnx_tool": _onnx_tool,
}
CALCULATORS = {name: one for name, one in _EVERY.items() if find_spec(name)}
