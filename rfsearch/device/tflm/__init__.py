"""TensorFlow Lite Micro: arena and file of int8 networks, to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.device.tflm.file import file_size
from rfsearch.device.tflm.lower import lower
from rfsearch.device.tflm.memory import Arena, memory
from rfsearch.device.tflm.model import Model

if TYPE_CHECKING:
    from rfsearch.layers.layer import Stack
    from rfsearch.network import Network

__all__ = ["Arena", "arena", "figures", "flash"]


def arena(network: Network) -> Arena:
    """Bytes that the interpreter takes; UsageError names what is not known exactly."""
    return memory(_lowered(network))


def flash(network: Network) -> int:
    """Bytes of the .tflite file; UsageError names what is not known exactly."""
    return file_size(_lowered(network))


def figures(stack: Stack, sizes: tuple[int, ...], channels: int) -> tuple[Arena, int]:
    """Both of a stack on this input; UsageError names what is not known exactly."""
    from rfsearch.export.planner import plan

    model = lower(plan(stack, sizes, channels))
    return memory(model), file_size(model)


def _lowered(network: Network) -> Model:
    from rfsearch.export.live import plan_of

    return lower(plan_of(network))
