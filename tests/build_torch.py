"""Builds a torch module from a stack, for the tests: only the parsed layers are rfsearch's.

Channels and positions are followed while building, positions by running each module on the meta
device.
"""

from __future__ import annotations

import torch
from asides import summed
from torch import nn
from torch.nn import functional

from rfsearch.layers.layer import SAME, Block, Layer

CONV = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
MAX = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
AVERAGE = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
GLOBAL = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)
BATCH = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Padded(nn.Module):
    """A window with the padding that nn.Conv and nn.MaxPool cannot express by themselves."""

    def __init__(self, window, sides, same):
        super().__init__()
        self.window, self.sides, self.same = window, sides, same

    def forward(self, x):
        sides = self.sides
        if self.same:
            sides = []
            for n, k, s, d in zip(x.shape[2:], *self.same, strict=True):
                total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
                sides.append((total // 2, total - total // 2))
        flat = [number for pair in reversed(sides) for number in pair]
        return self.window(functional.pad(x, flat))


class ChannelNorm(nn.Module):
    """Layer norm over channels, as ConvNeXt has it."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x):
        axes = range(2, x.dim())
        return self.norm(x.permute(0, *axes, 1)).permute(0, x.dim() - 1, *(a - 1 for a in axes))


class Scale(nn.Module):
    def __init__(self, channels, axes):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, *[1] * axes))

    def forward(self, x):
        return x * self.scale


class Resize(nn.Module):
    def __init__(self, factors, mode):
        super().__init__()
        self.factors, self.mode = factors, mode

    def forward(self, x):
        options = {} if self.mode == "nearest" else {"align_corners": False}
        return functional.interpolate(x, scale_factor=self.factors, mode=self.mode, **options)


class Crop(nn.Module):
    def __init__(self, sides):
        super().__init__()
        self.sides = sides

    def forward(self, x):
        return functional.pad(x, [-number for pair in reversed(self.sides) for number in pair])


class Step(nn.Module):
    def __init__(self, axes, steps):
        super().__init__()
        self.pool = MAX[axes - 1](1, stride=steps)

    def forward(self, x):
        return self.pool(x)


class Gate(nn.Module):
    def __init__(self, axes, channels, squeezed, bias):
        super().__init__()
        self.pool = GLOBAL[axes - 1](1)
        self.squeeze = CONV[axes - 1](channels, squeezed, 1, bias=bias)
        self.excite = CONV[axes - 1](squeezed, channels, 1, bias=bias)

    def forward(self, x):
        gate = functional.relu(self.squeeze(self.pool(x)))
        return x * torch.sigmoid(self.excite(gate))


class Residual(nn.Module):
    def __init__(self, main, skip):
        super().__init__()
        self.main, self.skip = main, skip

    def forward(self, x):
        y = self.main(x)
        return y + (x if self.skip is None else self.skip(x))


class Branches(nn.Module):
    def __init__(self, branches, join):
        super().__init__()
        self.branches, self.join = nn.ModuleList(branches), join

    def forward(self, x):
        ends = [branch(x) for branch in self.branches]
        if self.join == "|":
            return torch.cat(ends, 1)
        total = ends[0]
        for end in ends[1:]:
            total = total + end if self.join == "+" else total * end
        return total


class Sequence(nn.Module):
    def __init__(self, items):
        super().__init__()
        self.items = nn.ModuleList(items)

    def forward(self, x):
        for item in self.items:
            x = item(x)
        return x


class Kept:
    """Tensors put aside; no list, because torch.export copies the lists that a module holds."""

    def __init__(self):
        self.tensors = []

    def take(self):
        tensors, self.tensors = self.tensors, []
        return tensors


class Aside(nn.Module):
    def __init__(self, inner, kept, summed):
        super().__init__()
        self.inner, self.kept, self.summed = inner, kept, summed

    def forward(self, x):
        made = self.inner(x)
        if self.summed and self.kept.tensors:  # added up as they come
            made = self.kept.tensors.pop() + made
        self.kept.tensors.append(made)
        return x


class Collect(nn.Module):
    def __init__(self, kept):
        super().__init__()
        self.kept = kept

    def forward(self, x):
        (total,) = self.kept.take()
        return total


class Network(nn.Module):
    def __init__(self, body, kept):
        super().__init__()
        self.body, self.kept = body, kept

    def forward(self, x):
        self.kept.take()
        end = self.body(x)
        # The network's own output comes first, as in torchvision's models.
        outputs = (end, *self.kept.take())
        return outputs if len(outputs) > 1 else end


class Builder:
    def __init__(self, sizes):
        self.sizes, self.axes = sizes, len(sizes)
        self.kept = Kept()
        self.summed = []  # of each A(…) to come: whether SUM collects it

    def spread(self, value):
        return list(value) if isinstance(value, tuple) else [value] * self.axes

    def sides(self, padding):
        if isinstance(padding, int):
            return [(padding, padding)] * self.axes
        return list(padding) * (self.axes if len(padding) == 1 else 1)

    # Every method returns (module, channels after it, shape after it).

    def stack(self, stack, channels, sizes):
        items = []
        for item in stack:
            build = self.block if isinstance(item, Block) else self.layer
            module, channels, sizes = build(item, channels, sizes)
            items.append(module)
        return Sequence(items), channels, sizes

    def after(self, module, channels, sizes):
        with torch.device("meta"):
            return tuple(module.eval()(torch.zeros(1, channels, *sizes)).shape[2:])

    def layer(self, layer, channels, sizes):
        out = layer.channels or channels
        if layer.op in ("C", "DW", "T", "MP", "AP"):
            module = self.window(layer, channels, out)
            return module, out, self.after(module, channels, sizes)
        if layer.op == "FC":
            count = channels
            for size in sizes:
                count *= size
            linear = nn.Linear(count, out, bias=layer.bias)
            return nn.Sequential(nn.Flatten(), linear), out, ()
        simple = {
            "GAP": lambda: GLOBAL[self.axes - 1](1),
            "UP": lambda: Resize(self.spread(layer.kernel), "nearest"),
            "UPL": lambda: Resize(self.spread(layer.kernel), ("linear", "bilinear")[self.axes - 1]),
            "SUB": lambda: Step(self.axes, self.spread(layer.kernel)),
            "CROP": lambda: Crop(self.sides(layer.padding)),
            "PAD": lambda: Padded(nn.Identity(), self.sides(layer.padding), None),
            "SE": lambda: Gate(self.axes, channels, channels // layer.kernel, layer.bias),
            "SCALE": lambda: Scale(channels, self.axes),
            "LN": lambda: ChannelNorm(channels),
            "BN": lambda: BATCH[self.axes - 1](channels),
            "SUM": lambda: Collect(self.kept),
        }
        module = simple[layer.op]()
        if layer.op == "SUM":
            return module, self.kept_channels, sizes
        return module, channels, self.after(module, channels, sizes)

    def window(self, layer, channels, out):
        kernel, stride = self.spread(layer.kernel), self.spread(layer.stride)
        dilation = self.spread(layer.dilation)
        same = [kernel, stride, dilation] if layer.padding == SAME else None
        sides = [] if same else self.sides(layer.padding)
        symmetric = not same and all(before == after for before, after in sides)
        padding = [before for before, _ in sides] if symmetric else 0
        axis = self.axes - 1
        if layer.op == "MP":
            module = MAX[axis](kernel, stride, padding, ceil_mode=layer.ceil)
        elif layer.op == "AP":
            module = AVERAGE[axis](kernel, stride, padding, ceil_mode=layer.ceil)
        elif layer.op == "T":
            module = TRANSPOSED[axis](
                channels,
                out,
                kernel,
                stride,
                padding,
                groups=layer.groups,
                bias=layer.bias,
                dilation=dilation,
            )
        else:
            groups = channels if layer.op == "DW" else layer.groups
            module = CONV[axis](
                channels, out, kernel, stride, padding, dilation, groups, bias=layer.bias
            )
        if not symmetric:
            module = Padded(module, sides, same)
        if layer.norm == "N":
            return nn.Sequential(module, BATCH[axis](out), nn.ReLU())
        if layer.norm == "L":
            return nn.Sequential(module, ChannelNorm(out))
        return nn.Sequential(module, nn.ReLU()) if layer.op in ("C", "DW", "T") else module

    def block(self, block, channels, sizes):
        if block.join == "A":
            inner, self.kept_channels, _ = self.stack(block.branches[0], channels, sizes)
            return Aside(inner, self.kept, self.summed.pop(0)), channels, sizes
        built = [self.stack(branch, channels, sizes) for branch in block.branches]
        if block.join in "RI":
            main, out, after = built[0]
            strides = [-(-n // m) for n, m in zip(sizes, after, strict=True)]
            plain = out == channels and all(stride == 1 for stride in strides)
            if block.join == "I" and not plain:
                return main, out, after
            skip = None
            if not plain:
                last = [item for item in block.branches[0] if isinstance(item, Layer)][-1]
                skip = self.window(
                    Layer("C", 1, tuple(strides), channels=out, norm=last.norm, bias=last.bias),
                    channels,
                    out,
                )
            return Residual(main, skip), out, after
        out = sum(one for _, one, _ in built) if block.join == "|" else built[0][1]
        return Branches([module for module, _, _ in built], block.join), out, built[0][2]


def build(stack, sizes, channels, device="meta"):
    """The module of a stack, in evaluation mode; on the meta device it holds no values."""
    with torch.device("meta"):
        builder = Builder(tuple(sizes))
        builder.summed = summed(stack)
        body, _, _ = builder.stack(stack, channels, tuple(sizes))
        network = Network(body, builder.kept).eval()
    if device != "meta":
        network = network.to_empty(device=device)
        for tensor in network.state_dict().values():
            tensor.zero_()
    return network
