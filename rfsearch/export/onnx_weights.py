"""The initializers of an ONNX model: random, ones, or shapes whose data is left out."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

RANDOM, ONES, LEFT_OUT = "random", "ones", "none"


class Weights:
    """Makes initializers one by one; `bytes` is what their data takes or would take."""

    def __init__(self, kind: str, seed: int) -> None:
        self.kind = kind
        self.tensors: list[Any] = []
        self.bytes = 0
        self._random: Any = None
        if kind == RANDOM:
            import numpy as np

            self._random = np.random.default_rng(seed)

    def kernel(self, name: str, shape: tuple[int, ...], fan_in: int) -> str:
        """Weights, drawn with variance 2 / fan_in (He et al. 2015)."""
        if self.kind == RANDOM:
            import numpy as np

            drawn = self._random.standard_normal(shape, np.float32)
            return self._add(name, shape, drawn * np.float32(sqrt(2 / fan_in)))
        return self.vector(name, shape, 1.0)

    def vector(self, name: str, shape: tuple[int, ...], fill: float) -> str:
        """Biases, scales and shifts: one value all through."""
        if self.kind == LEFT_OUT:
            return self._add(name, shape, None)
        import numpy as np

        return self._add(name, shape, np.full(shape, fill, np.float32))

    def integers(self, name: str, values: list[int]) -> str:
        """A small constant of whole numbers; never left out."""
        import numpy as np
        from onnx import numpy_helper

        self.tensors.append(numpy_helper.from_array(np.asarray(values, np.int64), name))
        return name

    def floats(self, name: str, values: list[float]) -> str:
        """A small constant; never left out."""
        import numpy as np
        from onnx import numpy_helper

        self.tensors.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def _add(self, name: str, shape: tuple[int, ...], array: Any) -> str:
        from onnx import TensorProto, numpy_helper

        self.bytes += 4 * prod(shape)
        if array is not None:
            self.tensors.append(numpy_helper.from_array(array, name))
            return name
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="left_out")
        self.tensors.append(tensor)
        return name
