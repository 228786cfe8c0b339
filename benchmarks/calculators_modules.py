"""Small modules that show what a calculator counts, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from architectures import Architecture
from torch import nn
from torch.nn import functional


class _Twice(nn.Module):
    """One convolution that is called twice: its weights are learned once, used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x):
        return self.conv(self.conv(x))


class _Functional(nn.Module):
    """A convolution by torch.nn.functional, of which hooks on modules know nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(8, 8, 3, 3))

    def forward(self, x):
        return functional.conv2d(x, self.weight, padding=1)


class _Matmul(nn.Module):
    """A product of two tensors, neither of them learned."""

    def forward(self, x):
        return torch.matmul(x, x.transpose(-1, -2))


class _Sum(nn.Module):
    """Two branches that are added."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return self.conv(x) + x


_MADE: dict[str, Callable[[], Any]] = {
    "Conv2d(8, 8, 3)": lambda: nn.Conv2d(8, 8, 3),
    "Conv2d(8, 8, 3, bias=False)": lambda: nn.Conv2d(8, 8, 3, bias=False),
    "Conv2d(8, 8, 3, groups=8)": lambda: nn.Conv2d(8, 8, 3, groups=8),
    "Conv2d(8, 8, 3, stride=2, padding=1)": lambda: nn.Conv2d(8, 8, 3, stride=2, padding=1),
    "ConvTranspose2d(8, 8, 3, stride=2)": lambda: nn.ConvTranspose2d(8, 8, 3, stride=2),
    "BatchNorm2d(8)": lambda: nn.BatchNorm2d(8),
    "ReLU()": lambda: nn.ReLU(),
    "MaxPool2d(2)": lambda: nn.MaxPool2d(2),
    "AvgPool2d(2)": lambda: nn.AvgPool2d(2),
    "AdaptiveAvgPool2d(1)": lambda: nn.AdaptiveAvgPool2d(1),
    "Upsample(scale_factor=2)": lambda: nn.Upsample(scale_factor=2),
    "Flatten, Linear(2048, 10)": lambda: nn.Sequential(nn.Flatten(), nn.Linear(2048, 10)),
    "a convolution called twice": _Twice,
    "functional.conv2d": _Functional,
    "matmul(x, x.T)": _Matmul,
    "Conv2d(8, 8, 1)(x) + x": _Sum,
}
# Within another module, as calculators that hook into children take them.
MODULES = [
    Architecture("module", name, lambda made=made: nn.Sequential(made()), (1, 8, 16, 16))
    for name, made in _MADE.items()
]
