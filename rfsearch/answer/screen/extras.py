"""What `rfsearch show` says beside the layer table where it is asked to."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from rfsearch.answer.screen.input_sizes import sizes_lines, tiling_lines
from rfsearch.answer.screen.network import render
from rfsearch.network.sizes.document import sizes_document, tiling_document

if TYPE_CHECKING:
    from rfsearch.network.network import Network


@dataclass(frozen=True)
class Extras:
    """Which parts are asked for.

    hop     seconds from one position of the first axis to the next; None: not said
    """

    sizes: bool = False
    tiling: bool = False
    hop: Fraction | None = None


def screen(network: Network, extras: Extras) -> str:
    """The network and its extras, as text for people."""
    parts = [render(network)]
    if len(network.input) == 1 or extras.hop is not None:
        parts.append(_stream(network, extras.hop) + "\n")
    if extras.sizes:
        parts.append("\n".join(sizes_lines(network)) + "\n")
    if extras.tiling:
        parts.append("\n".join(tiling_lines(network)) + "\n")
    return "\n".join(parts)


def document(network: Network, extras: Extras) -> dict[str, object]:
    """The JSON object of the network, with a key for each extra."""
    found = network.document()
    if extras.hop is not None:
        back, ahead = _looks(network)
        found["look_back_seconds"] = float(back * extras.hop)
        found["look_ahead_seconds"] = float(ahead * extras.hop)
    if extras.sizes:
        found["sizes"] = sizes_document(network)
    if extras.tiling:
        found["tiling"] = tiling_document(network)
    return found


def _looks(network: Network) -> tuple[int, int]:
    """Look-back and look-ahead along the first axis, in positions."""
    figures = (network.look_back, network.look_ahead)
    back, ahead = (figure[0] if isinstance(figure, tuple) else figure for figure in figures)
    return int(back), int(ahead)


def _stream(network: Network, hop: Fraction | None) -> str:
    """`Stream: an output sees 1,024 positions before its own and 0 after (0.064 s, 0 s)`."""
    back, ahead = _looks(network)
    where = "" if len(network.input) == 1 else " along the first axis"
    line = f"Stream: an output sees {back:,} positions before its own and {ahead:,} after{where}"
    return line + ("" if hop is None else f" ({float(back * hop):g} s, {float(ahead * hop):g} s)")
