"""Small ONNX models from a few lines of onnx's own text, and what onnxruntime says of them."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper, parser
from onnx_backend import Outcome, by_onnxruntime, compared

import rfsearch


def written(body, image="float[1,3,8,8]", *, opset=17, ir=8, more="", **stored):
    """The model of a body that reads x and makes y.

    Stored tensors are arrays, or shapes of random weights. `more` are further operator sets, such
    as '"com.microsoft": 1'.
    """
    opsets = f'"": {opset}' + (f", {more}" if more else "")
    model = parser.parse_model(
        f"<ir_version: {ir}, opset_import: [{opsets}]> g ({image} x) => (y) {{ {body} }}"
    )
    chance = np.random.default_rng(len(body))
    for name, value in stored.items():
        if isinstance(value, tuple):
            value = chance.normal(size=value).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        if ir < 4:  # weights had to be inputs as well
            kind = onnx.helper.np_dtype_to_tensor_dtype(np.asarray(value).dtype)
            shape = np.asarray(value).shape
            model.graph.input.append(onnx.helper.make_tensor_value_info(name, kind, shape))
    return model


def loaded(model, folder, **options):
    """The network of a model."""
    path = folder / "m.onnx"
    onnx.save(model, path)
    return rfsearch.load(path, **options)


def measured(model, folder, run=by_onnxruntime):
    """What rfsearch follows beside what onnxruntime does: "right", or why not."""
    path = folder / "m.onnx"
    onnx.save(model, path)
    value = model.graph.input[0].type.tensor_type
    shape = [dim.dim_value or 1 for dim in value.shape.dim]
    image = np.random.default_rng(7).normal(size=shape)
    kind = onnx.helper.tensor_dtype_to_np_dtype(value.elem_type)
    found = compared(Outcome("m", "m", "right"), path, run(model), image.astype(kind))
    return f"{found.word}: {found.why}" if found.why else found.word


def params_and_macs(net):
    return net.totals["params"], net.totals["macs"]
