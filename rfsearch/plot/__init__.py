"""Charts of answers for papers: Altair charts that one can go on with, and their files.

Each function takes rows as a frame's `to_dicts()` or a JSON document has them, and imports Altair
only when it is called (extra `plot`).
"""

from rfsearch.plot.front import front_chart
from rfsearch.plot.ladder import ladder_chart
from rfsearch.plot.network import network_chart
from rfsearch.plot.reach import reach_chart
from rfsearch.plot.sweep import sweep_chart

__all__ = ["front_chart", "ladder_chart", "network_chart", "reach_chart", "sweep_chart"]
