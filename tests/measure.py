"""Measures which input pixels reach one output, by running a thin ONNX model in onnxruntime.

The model has weights of 1 and a Sign after every layer, so an output is 1 exactly where some
pixel that was set reaches it. No formula of receptive fields is used.
"""

from __future__ import annotations

import numpy as np
import onnxruntime


def session(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


class Measured:
    """One thin model on an input of `sizes`, asked again and again."""

    def __init__(self, model, sizes):
        self.session, self.sizes = session(model), sizes
        self.output_sizes = self.run([]).shape[2:]

    def run(self, ranges):
        """The output where, for each range (axis, start, stop), one image has those pixels set."""
        image = np.zeros((max(len(ranges), 1), 1, *self.sizes), np.float32)
        for number, (axis, start, stop) in enumerate(ranges):
            places = [slice(None)] * len(self.sizes)
            places[axis] = slice(start, stop)
            image[(number, 0, *places)] = 1
        return self.session.run(None, {"image": image})[0]

    def reached(self, index, axis, start, stop):
        output = self.run([(axis, start, stop)])
        return bool(output[(0, slice(None), *index)].max() > 0)

    def box(self, index):
        """(first, last) pixel that reaches the output at `index`, an axis; by bisection."""
        return tuple(self._ends(index, axis, n) for axis, n in enumerate(self.sizes))

    def _ends(self, index, axis, n):
        low, high = 0, n - 1
        while low < high:
            middle = (low + high) // 2
            if self.reached(index, axis, 0, middle + 1):
                high = middle
            else:
                low = middle + 1
        first = low
        low, high = 0, n - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.reached(index, axis, middle, n):
                low = middle
            else:
                high = middle - 1
        return first, low

    def sets(self, index):
        """Every position on each axis that reaches the output; needs a dynamic batch."""
        found = []
        for axis, n in enumerate(self.sizes):
            output = self.run([(axis, place, place + 1) for place in range(n)])
            found.append([p for p in range(n) if output[(p, slice(None), *index)].max() > 0])
        return tuple(found)
