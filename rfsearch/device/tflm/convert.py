"""The documented conversion (docs/export.md): Keras source to an int8 .tflite file.

Weights are random, not zero: biases of zeros would share one buffer, and norms that do nothing
would fold into nothing. They change no shape, and no byte count of file or arena.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from math import prod
from typing import Any

from rfsearch.device.quiet import caught
from rfsearch.errors import MissingExtraError, UsageError
from rfsearch.export.keras_source import keras_source
from rfsearch.export.live import run_source
from rfsearch.export.plan import Plan

# Images of noise that set the int8 scales; some hundred real ones in their place for a real use.
_SAMPLES = 2


def convert(plan: Plan, seed: int = 0) -> bytes:
    """The file of a network with random weights. MissingExtraError without the extra `tflm`."""
    require()
    import numpy as np
    import tensorflow as tf  # type: ignore[import-untyped]

    noise = np.random.default_rng(seed)
    with caught():
        # Names count from 1 again, as in a process of its own.
        tf.keras.backend.clear_session()
        model = run_source(keras_source(plan))["Network"]()
        model.set_weights([_weights(weight, noise) for weight in model.weights])
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _images(plan, noise)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
        data: bytes = converter.convert()
    return data


def require() -> None:
    """MissingExtraError without TensorFlow and tflite-micro; UsageError where Keras runs on
    something else in this process already."""
    if any(find_spec(name) is None for name in ("tensorflow", "keras", "tflite_micro")):
        raise MissingExtraError(
            "this needs tensorflow and tflite-micro: pip install 'rfsearch[tflm]'"
        )
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with caught():
        import keras
    if keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"keras runs on {keras.backend.backend()} in this process; TensorFlow Lite's converter "
            "takes models on tensorflow only: set KERAS_BACKEND=tensorflow, or use a new process"
        )


def _weights(weight: Any, noise: Any) -> Any:
    """Factors and variances around 1, everything else around 0.

    Kernels are the smaller the more they add up: where values grew from layer to layer, biases
    beside them would be rounded to zeros, which share a buffer.
    """
    if weight.name in ("gamma", "moving_variance"):
        return 1 + 0.1 * noise.random(weight.shape)
    drawn = noise.standard_normal(weight.shape)
    return drawn * (0.3 if len(weight.shape) == 1 else prod(weight.shape[:-1]) ** -0.5)


def _images(plan: Plan, noise: Any) -> Iterator[list[Any]]:
    for _ in range(_SAMPLES):
        yield [noise.random((1, *plan.sizes, plan.channels)).astype("float32")]
