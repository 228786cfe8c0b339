"""What `rfsearch show` says beside the layer table where it is asked to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from rfsearch.answer.screen.figures import in_bytes
from rfsearch.answer.screen.input_sizes import sizes_lines, tiling_lines
from rfsearch.answer.screen.network import render
from rfsearch.export.kept import Training
from rfsearch.network.sizes.document import sizes_document, tiling_document

if TYPE_CHECKING:
    from rfsearch.network.network import Network


@dataclass(frozen=True)
class Extras:
    """Which parts are asked for.

    training  what a training step of its exported module keeps
    hop     seconds from one position of the axis `hop_axis` to the next; None: not said
    """

    sizes: bool = False
    tiling: bool = False
    hop: Fraction | None = None
    hop_axis: int = 0
    training: Training | None = None


def screen(network: Network, extras: Extras, width: int | None = None) -> str:
    """The network and its extras, as text for people, for a window of `width` characters."""
    parts = [render(network, width)]
    if len(network.input) == 1 or extras.hop is not None:
        parts.append(_stream(network, extras) + "\n")
    if extras.training is not None:
        parts.append("\n".join(_training(extras.training)) + "\n")
    if extras.sizes:
        parts.append("\n".join(sizes_lines(network)) + "\n")
    if extras.tiling:
        parts.append("\n".join(tiling_lines(network)) + "\n")
    return "\n".join(parts)


def document(network: Network, extras: Extras) -> dict[str, object]:
    """The JSON object of the network, with a key for each extra."""
    found = network.document()
    if extras.hop is not None:
        back, ahead = _looks(network, extras.hop_axis)
        found["look_back_seconds"] = float(back * extras.hop)
        found["look_ahead_seconds"] = float(ahead * extras.hop)
    if extras.training is not None:
        found["training"] = asdict(extras.training) | {"total": extras.training.total}
    if extras.sizes:
        found["sizes"] = sizes_document(network)
    if extras.tiling:
        found["tiling"] = tiling_document(network)
    return found


def _training(step: Training) -> list[str]:
    """What a training step keeps, a line each, with what is meant."""
    rows = (
        ("kept", step.kept, f"tensors that plain autograd saves of a batch of {step.batch}"),
        ("weights", step.parameters, "4 bytes a value"),
        ("gradients", step.gradients, "one for each weight"),
        ("optimizer", step.states, f"states of {step.optimizer}"),
        ("total", step.total, "at the end of the forward pass; workspaces and buffers aside"),
    )
    return [
        "Training, as torch runs the exported module",
        *(f"{name:<12} {size:,} bytes ({in_bytes(size)}): {what}" for name, size, what in rows),
    ]


def _looks(network: Network, axis: int) -> tuple[int, int]:
    """Look-back and look-ahead along an axis, in positions."""
    figures = (network.look_back, network.look_ahead)
    back, ahead = (figure[axis] if isinstance(figure, tuple) else figure for figure in figures)
    return int(back), int(ahead)


def _stream(network: Network, extras: Extras) -> str:
    """`Stream: an output sees 1,024 positions before its own and 0 after (0.064 s, 0 s)`."""
    back, ahead = _looks(network, extras.hop_axis)
    hop, number = extras.hop, extras.hop_axis + 1
    where = "" if len(network.input) == 1 else f" along axis {number}"
    line = f"Stream: an output sees {back:,} positions before its own and {ahead:,} after{where}"
    return line + ("" if hop is None else f" ({float(back * hop):g} s, {float(ahead * hop):g} s)")
