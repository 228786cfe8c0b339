"""Which input sizes a network takes, and how an image is cut into tiles: proven, not sampled."""

from rfsearch.network.sizes.axis_sizes import AxisSizes
from rfsearch.network.sizes.repeating import Repeating

__all__ = ["AxisSizes", "Repeating"]
