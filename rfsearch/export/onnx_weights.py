"""The initializers of an ONNX model: random, ones, or shapes whose data is left out.

Data comes last: shapes are inferred and the graph is assembled without it, since each of those
copies the whole model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

RANDOM, ONES, LEFT_OUT = "random", "ones", "none"


@dataclass(frozen=True, slots=True)
class _Content:
    """What a tensor holds: one value all through, or, with a fan-in, what is drawn for it."""

    fill: float
    fan_in: int = 0


class Weights:
    """Makes initializers one by one; `bytes` is what the data of those learned takes."""

    def __init__(self, kind: str, seed: int) -> None:
        self.kind, self.seed = kind, seed
        self.tensors: list[Any] = []
        self.bytes = 0
        self._contents: dict[str, _Content] = {}

    def kernel(self, name: str, shape: tuple[int, ...], fan_in: int) -> str:
        """Weights, drawn with variance 2 / fan_in (He et al. 2015)."""
        return self._add(name, shape, _Content(1.0, fan_in))

    def vector(self, name: str, shape: tuple[int, ...], fill: float) -> str:
        """Biases, scales and shifts: one value all through."""
        return self._add(name, shape, _Content(fill))

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

    def fill(self, tensors: Iterable[Any]) -> None:
        """Give the learned ones of a model's initializers their data, in their order."""
        import numpy as np

        random = np.random.default_rng(self.seed)
        for tensor in tensors:
            content = self._contents.get(tensor.name)
            if content is None:
                continue
            tensor.ClearField("data_location")
            tensor.ClearField("external_data")
            array = self._array(content, tuple(tensor.dims), random)
            tensor.raw_data = array.astype("<f4", copy=False).tobytes()

    def _array(
        self, content: _Content, shape: tuple[int, ...], random: np.random.Generator
    ) -> np.ndarray:
        import numpy as np

        if not content.fan_in or self.kind == ONES:
            return np.full(shape, content.fill, np.float32)
        drawn = random.standard_normal(shape, np.float32)
        drawn *= np.float32(sqrt(2 / content.fan_in))
        return drawn

    def _add(self, name: str, shape: tuple[int, ...], content: _Content) -> str:
        from onnx import TensorProto

        self.bytes += 4 * prod(shape)
        self._contents[name] = content
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="left_out")
        self.tensors.append(tensor)
        return name
