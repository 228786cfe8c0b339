"""Keras on JAX: the exported source itself; shapes by Keras's own inference.

Keras counts no multiply-accumulates, so they are summed over its layers: kernel × positions, by
the shapes that Keras gives. XLA's `cost_analysis` is no count of them: it leaves out the products
with padding (of 8C3P1 on 20×20×3 it counts 80,736, not 86,400) and adds what biases,
norms, pools and resizes do. Receptive fields by JAX's gradients of the one-channel copy, every
weight of which is 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

from rfsearch.claims.measured import Built
from rfsearch.claims.viewpoint import NOTHING, Viewpoint
from rfsearch.export.live import keras_model, require_keras
from rfsearch.export.plan import Plan
from rfsearch.network.field import Box


def build(plan: Plan, run: bool) -> Built:
    """Shape, parameters and MACs of the whole network; run once on zeros where `run` says so."""
    model = _model(plan)
    outputs = model.outputs
    inferred = _channels_first(outputs[-1])
    ran = None
    if run:
        import numpy as np

        made = model(np.zeros((1, *plan.sizes, plan.channels), np.float32))
        ran = _channels_first(made[-1] if isinstance(made, list | tuple) else made)
    params = sum(prod(weight.shape) for weight in model.trainable_weights)
    return Built(inferred, params, sum(map(_macs, model.layers)), ran)


def feature_sizes(thin: Plan) -> tuple[int, ...]:
    """Size of the described output of the one-channel copy, as it runs."""
    import numpy as np

    made = _model(thin)(np.zeros((1, *thin.sizes, 1), np.float32))
    return tuple(_described(thin, made).shape[1:-1])


def boxes(thin: Plan, view: Viewpoint) -> list[Box]:
    """(first, last) pixel along the axis with a gradient, for each output of the viewpoint."""
    require_keras()
    import jax
    import numpy as np

    model = _model(thin)
    for weight in model.weights:
        weight.assign(np.ones(weight.shape, np.float32))
    trained, fixed = model.trainable_variables, model.non_trainable_variables
    values = [[one.value for one in variables] for variables in (trained, fixed)]

    def output(image: Any) -> Any:
        return _described(thin, model.stateless_call(*values, image)[0])

    made, backwards = jax.vjp(output, np.zeros((1, *view.sizes, 1), np.float32))
    found: list[Box] = []
    for index in view.outputs:
        wanted = np.zeros(made.shape, np.float32)
        np.moveaxis(wanted, 1 + view.axis, 0)[index] = 1
        gradient = np.asarray(backwards(wanted)[0])
        others = tuple(axis for axis in range(gradient.ndim) if axis != 1 + view.axis)
        seen = np.flatnonzero((gradient != 0).any(axis=others))
        found.append((int(seen[0]), int(seen[-1])) if len(seen) else NOTHING)
    return found


def _model(plan: Plan) -> Any:
    require_keras()
    with _plain_weights():
        return keras_model(plan)


@contextmanager
def _plain_weights() -> Iterator[None]:
    """No figure depends on the initial weights, and JAX compiles a generator for each shape."""
    import keras
    import numpy as np

    drawn = keras.initializers.GlorotUniform
    drawn.__call__ = lambda self, shape, dtype=None: np.zeros(shape, dtype or np.float32)
    try:
        yield
    finally:
        del drawn.__call__  # what it inherits draws again


def _described(thin: Plan, made: Any) -> Any:
    """The described one of several outputs."""
    return made[thin.main] if thin.asides else made


def _channels_first(tensor: Any) -> tuple[int, ...]:
    """Its shape as (channels, axes…), without the batch."""
    return (tensor.shape[-1], *tensor.shape[1:-1])


def _macs(layer: Any) -> int:
    """Weights × positions where they are used: of the input where a convolution is transposed."""
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        return 0
    tensor = layer.input if "Transpose" in type(layer).__name__ else layer.output
    return int(prod(kernel.shape) * prod(tensor.shape[1:-1]))
