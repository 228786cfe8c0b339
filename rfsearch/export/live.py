"""Live objects: a torch module, a Keras model or an ONNX model of a described network."""

from __future__ import annotations

import linecache
import os
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING, Any

from rfsearch.errors import MissingExtraError
from rfsearch.export.plan import Plan
from rfsearch.export.planner import notation_of
from rfsearch.export.write import Style, planned

if TYPE_CHECKING:
    import onnx

    from rfsearch.network import Network

_NUMBERS = count(1)


def plan_of(network: Network, activation: str = "relu") -> Plan:
    """The plan of a described network; UsageError where its notation is not known.

    `activation` is relu, gelu, silu or none, as `rfsearch export --activation` takes it.
    """
    style = Style(activation=activation)
    return planned(notation_of(network), network.input, network.input_channels, style)


def to_onnx(network: Network, *, activation: str = "relu", seed: int = 0) -> onnx.ModelProto:
    """The network as a checked onnx.ModelProto; extra `onnx`.

    activation  after each convolution: relu, gelu, silu or none
    seed        of its random weights

    Raises UsageError where its notation is not known, MissingExtraError without onnx.
    """
    from rfsearch.export.onnx_graph import onnx_model

    return onnx_model(plan_of(network, activation), seed=seed)


def to_torch(network: Network, *, activation: str = "relu") -> Any:
    """The network as a torch.nn.Module with torch's own initial weights; extra `torch`.

    activation  after each convolution: relu, gelu, silu or none

    Raises UsageError where its notation is not known, MissingExtraError without torch.
    """
    return torch_module(plan_of(network, activation))


def torch_module(made: Plan) -> Any:
    """An instance of the class that the exported file defines."""
    require_torch()
    from rfsearch.export.torch_source import torch_source

    return run_source(torch_source(made))["Network"]()


def keras_model(made: Plan) -> Any:
    """The model that the exported file builds."""
    require_keras()
    from rfsearch.export.keras_source import keras_source

    return run_source(keras_source(made))["Network"]()


def require_keras() -> None:
    """MissingExtraError where Keras is not installed; its backend is JAX where none is chosen."""
    if find_spec("keras") is None or find_spec("jax") is None:
        raise MissingExtraError("this needs keras and jax: pip install 'rfsearch[keras]'")
    # Keras reads it once, when it is first imported.
    os.environ.setdefault("KERAS_BACKEND", "jax")


def require_torch() -> None:
    """MissingExtraError where torch is not installed."""
    if find_spec("torch") is None:
        raise MissingExtraError("this needs the package torch: pip install 'rfsearch[torch]'")


def run_source(source: str) -> dict[str, Any]:
    """The names that a generated file defines; tracebacks show its lines."""
    file = f"<rfsearch export {next(_NUMBERS)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names: dict[str, Any] = {"__name__": "rfsearch_export"}
    exec(compile(source, file, "exec"), names)
    return names
