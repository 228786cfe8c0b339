"""One set of weights for the ONNX, torch and Keras form of a network, and what each makes of it.

The weights are drawn for the ONNX model; the others get them by the names of their layers, which
all three take from the plan.
"""

import numpy as np
import pytest

from rfsearch.export.live import keras_model, plan_of, torch_module
from rfsearch.export.onnx_graph import onnx_model

# What ONNX calls it -> what torch calls it.
TORCH = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}
# What Keras calls it -> what ONNX calls it.
KERAS = {
    "kernel": "weight",
    "gamma": "scale",
    "beta": "shift",
    "moving_mean": "mean",
    "moving_variance": "variance",
}
EPSILON = 1e-5  # of norms in ONNX and torch; Keras has another


def drawn(network, activation, seed=0):
    """The ONNX model and its weights by name: all drawn, norms' and biases too."""
    from onnx import TensorProto, numpy_helper

    model = onnx_model(plan_of(network, activation), batch=1, seed=seed)
    random, weights = np.random.default_rng(seed), {}
    for tensor in model.graph.initializer:
        kind = tensor.name.rpartition(".")[2]
        if tensor.data_type != TensorProto.FLOAT or kind == "scales":
            continue
        value = numpy_helper.to_array(tensor)
        if kind == "variance":
            value = random.uniform(0.5, 1.5, value.shape)
        elif kind != "weight":
            value = random.normal(0.3, 0.5, value.shape)
        weights[tensor.name] = value.astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(weights[tensor.name], tensor.name))
    return model, weights


def image(network, seed=0):
    shape = (1, network.input_channels, *network.input)
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def in_torch(network, activation, weights, image):
    """The outputs of the torch module with these weights."""
    import torch

    module = torch_module(plan_of(network, activation)).eval()
    state = module.state_dict()
    places = {_plain(name): name for name in state if not name.endswith("num_batches_tracked")}
    for name, value in weights.items():
        head, _, kind = name.rpartition(".")
        place = places.pop(_plain(f"{head}.{TORCH.get(kind, kind)}"), None)
        place = place or places.pop(_plain(name))
        state[place] = torch.from_numpy(value).reshape(state[place].shape)
    assert not places
    module.load_state_dict(state)
    with torch.no_grad():
        made = module(torch.from_numpy(image))
    return [one.numpy() for one in (made if isinstance(made, tuple) else (made,))]


def in_keras(network, activation, weights, image):
    """The outputs of the Keras model with these weights, channels first as elsewhere."""
    import keras

    with pytest.MonkeyPatch.context() as patch:
        # JAX compiles a generator for each shape of weights that are replaced below.
        zeros = staticmethod(lambda shape, dtype=None: np.zeros(shape, dtype))
        patch.setattr(keras.initializers.GlorotUniform, "__call__", zeros)
        model = keras_model(plan_of(network, activation))
    values = {_plain(name): value for name, value in weights.items()}
    for layer in model.layers:
        if hasattr(layer, "epsilon"):
            layer.epsilon = EPSILON
        for weight in layer.weights:
            kind = weight.path.rpartition("/")[2]
            if kind.startswith("variable"):  # of a layer that the file itself defines
                kind = {1: "bias"}.get(len(weight.shape), "kernel")
                kind = "scale" if type(layer).__name__ == "Scale" else kind
            value = values.pop(_plain(f"{layer.name}.{KERAS.get(kind, kind)}"))
            weight.assign(_kernel(layer, value).reshape(weight.shape))
    assert not values
    made = model.predict_on_batch(np.moveaxis(image, 1, -1))
    outputs = made if isinstance(made, list | tuple) else [made]
    return [np.moveaxis(np.asarray(one), -1, 1) for one in outputs]


def _plain(name):
    return name.replace("/", "_").replace(".", "_")


def _kernel(layer, value):
    """ONNX has (out, in, axes…); Keras (axes…, in, out), and flattens channels last."""
    if value.ndim == 1:
        return value
    if value.ndim > 2:
        return np.transpose(value, (*range(2, value.ndim), 1, 0))
    source = layer.input._keras_history.operation
    value = value.T
    if type(source).__name__ != "Flatten":
        return value
    *sizes, channels = source.input.shape[1:]
    value = np.moveaxis(value.reshape(channels, *sizes, -1), 0, len(sizes))
    return value.reshape(-1, value.shape[-1])
