"""LayerArrays: candidates as integer arrays, one row a candidate, one column a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

import numpy as np

from rfsearch.errors import UsageError
from rfsearch.kernels.price_codes import MOST_LAYERS, Op
from rfsearch.layers.cost import BIAS

# The field's value where a mapping leaves it out; `kernel` alone has none.
DEFAULTS = {
    "op": int(Op.CONV),
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "channels": 0,
    "groups": 1,
    "learned": BIAS,
    "ceil": 0,
}


@dataclass(frozen=True)
class LayerArrays:
    """Candidates as arrays of shape (candidates, layers), or (1, 1) where all layers agree.

    op          codes of Op
    kernel, stride, padding, dilation   pixels; padding SAME (-1) is `same`
    channels    output channels; 0 keeps the input's (pools always do)
    groups      of a convolution; a depthwise layer has as many as it has input channels
    learned     learned values per output channel beside the weights: 0 none, 1 a bias, 2 a norm,
                3 both (rfsearch.layers.cost.NO_BIAS, BIAS, NORM and their sum)
    ceil        1 where a pool rounds up whatever the rounding asked (the suffix U)

    The kernel reads int32 without a copy; other integer types are converted piece by piece.
    """

    op: np.ndarray
    kernel: np.ndarray
    stride: np.ndarray
    padding: np.ndarray
    dilation: np.ndarray
    channels: np.ndarray
    groups: np.ndarray
    learned: np.ndarray
    ceil: np.ndarray
    shape: tuple[int, int]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> LayerArrays:
        """From a mapping of arrays and scalars, broadcast together; raises UsageError."""
        for key in given:
            if key not in FIELDS:
                close = get_close_matches(str(key), FIELDS, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(FIELDS)}"
                raise UsageError(f"{key}: not a known array of layers; {hint}")
        if "kernel" not in given:
            raise UsageError("kernel: missing; it alone has no default")
        arrays = {name: _integers(name, given.get(name, DEFAULTS.get(name))) for name in FIELDS}
        return cls(**arrays, shape=_common_shape(arrays))

    def rows(self, start: int, stop: int) -> LayerArrays:
        """Some of the candidates."""
        stop = min(stop, self.shape[0])
        arrays = {
            name: array[start:stop] if array.shape == self.shape else array
            for name in FIELDS
            for array in [getattr(self, name)]
        }
        return LayerArrays(**arrays, shape=(max(stop - start, 0), self.shape[1]))


FIELDS = tuple(field.name for field in fields(LayerArrays) if field.name != "shape")


def _integers(name: str, given: Any) -> np.ndarray:
    """A 2-D integer array within int32; a scalar becomes (1, 1)."""
    try:
        array = np.asarray(given)
    except ValueError:  # ragged nested lists
        raise UsageError(f"{name}: the rows are of unequal length; fill up with op 0") from None
    if array.dtype.kind not in "iu":
        raise UsageError(f"{name}: numbers of type {array.dtype} are not whole numbers")
    if array.ndim == 0:
        array = array.reshape(1, 1)
    if array.ndim != 2:
        raise UsageError(f"{name}: shape {array.shape} is not (candidates, layers)")
    if not np.can_cast(array.dtype, np.int32) and array.size:
        for extreme in (array.min(), array.max()):
            if not -(2**31) <= int(extreme) < 2**31:
                row, column = np.argwhere(array == extreme)[0]
                raise UsageError(f"{name}[{row}, {column}]: {extreme} does not fit 32 bits")
    return array


def _common_shape(arrays: Mapping[str, np.ndarray]) -> tuple[int, int]:
    shape = max((array.shape for array in arrays.values()), key=lambda shape: shape[0] * shape[1])
    if any(0 in array.shape for array in arrays.values()):
        shape = next(array.shape for array in arrays.values() if 0 in array.shape)
    for name, array in arrays.items():
        if array.shape not in (shape, (1, 1)):
            raise UsageError(f"{name}: shape {array.shape} differs from {shape} of the others")
    if shape[1] > MOST_LAYERS:
        raise UsageError(f"layers: {shape[1]} columns are more than {MOST_LAYERS}")
    return shape
