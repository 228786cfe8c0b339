"""A network run in whole numbers, once whole and once patch by patch, so that equal is equal."""

from __future__ import annotations

from functools import reduce
from itertools import product
from math import prod

import numpy as np

NOTHING = -(10**9)  # below every value that a pool may read
POISON = 10**6  # what a patch has not made


class Run:
    """Tensors by number, channels last: `whole` and `patched`, of a group its output alone.

    macs    multiplications by a weight that the second run did
    """

    def __init__(self, network, seed):
        self.random, self.weights, self.network = np.random.default_rng(seed), {}, network
        first = network.tensors[0]
        image = self.random.integers(-4, 5, (*first.sizes, first.channels))
        self.whole, self.patched, self.macs = {0: image}, {0: image}, 0
        for tensor in network.tensors[1:]:
            everything = [list(range(n)) for n in tensor.sizes]
            self.whole[tensor.made_by] = self.made(tensor, everything, self.whole)
        self.macs = 0
        ends = {end: group for group, (_, _, end) in network.groups.items()}
        for tensor in network.tensors[1:]:
            if tensor.made_by in ends:
                self.in_patches(tensor, ends[tensor.made_by])
            elif not tensor.group:
                everything = [list(range(n)) for n in tensor.sizes]
                self.patched[tensor.made_by] = self.made(tensor, everything, self.patched)

    def in_patches(self, end, group):
        """Every tensor of a group, patch after patch; each patch forgets the one before."""
        self.patched[end.made_by] = np.full((*end.sizes, end.channels), POISON)
        for boxes in self.network.boxes(group).values():
            known = dict(self.patched)
            for tensor in self.network.tensors:
                if tensor.group != group:
                    continue
                box = [sorted(along) for along in boxes[tensor.made_by]]
                whole = np.full((*tensor.sizes, tensor.channels), POISON)
                if all(box):
                    whole[np.ix_(*box)] = self.made(tensor, box, known)
                known[tensor.made_by] = whole
                if tensor is end and all(box):
                    self.patched[end.made_by][np.ix_(*box)] = whole[np.ix_(*box)]

    def made(self, tensor, box, known):
        """The values of a tensor at the positions of a box."""
        read = [known[source] for source in tensor.inputs]
        if tensor.layer is None:
            parts = [one[np.ix_(*box)] for one in read]
            return sum(parts[1:], parts[0]) if tensor.in_place else np.concatenate(parts, axis=-1)
        layer, (source,) = tensor.layer, read
        weights = self.weights_of(tensor, source.shape[-1])
        shape = (*map(len, box), tensor.channels)
        made = np.full(shape, NOTHING if layer.op == "MP" else 0)
        for tap in product(*map(range, layer.kernel)):
            at = [
                np.array(along) * s - p + d * t
                for along, s, p, d, t in zip(
                    box, layer.stride, layer.padding, layer.dilation, tap, strict=True
                )
            ]
            sizes = source.shape[:-1]
            clipped = [np.clip(one, 0, n - 1) for one, n in zip(at, sizes, strict=True)]
            inside = [(one >= 0) & (one < n) for one, n in zip(at, sizes, strict=True)]
            within = reduce(np.logical_and.outer, inside)[..., None]
            values = source[np.ix_(*clipped)]
            if layer.op == "MP":
                made = np.maximum(made, np.where(within, values, NOTHING))
                continue
            values = np.where(within, values, 0)
            made = made + (values @ weights[tap] if layer.op == "C" else values * weights[tap])
            self.macs += prod(shape) * (source.shape[-1] if layer.op == "C" else 1)
        return made

    def weights_of(self, tensor, channels):
        if tensor.made_by not in self.weights:
            width = (channels, tensor.channels) if tensor.layer.op == "C" else (channels,)
            shape = (*tensor.layer.kernel, *width)
            self.weights[tensor.made_by] = self.random.integers(-3, 4, shape)
        return self.weights[tensor.made_by]
