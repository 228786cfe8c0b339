"""Which input pixels one output depends on, by torch's own gradient; no formula is used.

Weights are made positive, so that no path cancels another; the input is random.
"""

from __future__ import annotations

import torch


def positive(module):
    """The module in eval mode and double precision, its weights between 0.5 and 1.5."""
    torch.manual_seed(0)
    module = module.double().eval()
    for parameter in module.parameters():
        parameter.data.uniform_(0.5, 1.5)
    return module


def seen(module, shape, index):
    """Positions on each axis on which the output at `index` depends, as `Network.reach` gives
    them; `shape` is that of the input, (1, channels, axes…)."""
    image = torch.rand(shape, dtype=torch.double, requires_grad=True)
    output = module(image)
    output[(0, slice(None), *index)].sum().backward()
    touched = image.grad[0].abs().sum(0) > 0
    axes = range(touched.dim())
    lines = []
    for axis in axes:
        others = tuple(other for other in axes if other != axis)
        line = touched.any(dim=others) if others else touched
        lines.append(line.nonzero().flatten().tolist())
    return tuple(lines)


def counted(module, *inputs):
    """(params, MACs) by torch's own counters."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*inputs)
    return sum(one.numel() for one in module.parameters()), counter.get_total_flops() // 2
