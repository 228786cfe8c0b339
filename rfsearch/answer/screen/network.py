"""The screen of `rfsearch show`: the layer table, the totals with their definitions, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.answer.screen.figures import in_bytes
from rfsearch.answer.screen.fit import dropped, left_out
from rfsearch.answer.screen.growth import lying
from rfsearch.network.figures import Figure, agreed, half, whole

if TYPE_CHECKING:
    from rfsearch.network.network import Network, Row

LONGEST_NAME = 44

_HEADINGS = (
    "row",
    "layer",
    "output",
    "RF",
    "growth",
    "jump",
    "centre",
    "padding",
    "params",
    "MACs",
    "activations",
    "memory",
)
_LEFT = ("layer", "growth")
_LEAST_TELLING = ("activations", "padding", "centre", "growth", "jump", "memory", "params", "row")

_COLUMNS = (
    "RF (shortest path–largest, where they differ), jump, centre of the first output, effective",
    "padding (before:after, where unequal): input pixels; activations: values; memory: bytes of",
    "tensors alive in that row",
)
_GATED = "*: every output sees the whole input through a gate besides"

_TOTALS = {
    "params": ("values", "weights, and biases or two values a channel of a norm"),
    "macs": ("multiply-accumulates", "convolutions and fully connected; FLOPs are twice as many"),
    "activations": ("values", "the input and every layer's and sum's output, what training keeps"),
    "memory": ("bytes", "activations × {bytes} bytes a value"),
    "peak_memory": ("bytes", "most tensors alive at once, in order of execution; tensors only"),
    "depth": ("layers", "convolutions and pools, those in blocks included, the head not"),
}


def render(network: Network, width: int | None = None) -> str:
    """Everything that is known about a network, as text for people; see `_table` for `width`."""
    lines = [_title(network), "", *_table(network, width), "", *_COLUMNS]
    if any(row.sees_all for row in network):
        lines.append(_GATED)
    lines += ["", *_totals(network), *_scores(network)]
    if network.findings:
        lines += ["", "Findings", *(f"  {line}" for line in network.findings)]
    return "\n".join(lines) + "\n"


def _title(network: Network) -> str:
    rf = _range(network.rf_min, network.rf)
    through = " (the whole input through gates)" if network.sees_all else ""
    head = ", before the head" if network.features_index != network.main else ""
    return (
        f"{_short(network.name, 100)}: input {_text(agreed(list(network.input)))}, "
        f"{network.input_channels} channels → output {_text(network.output_size)}, "
        f"RF {rf}{through}, jump {_text(network.jump)}, centre {_text(network.centre)}{head}"
    )


def _table(network: Network, width: int | None) -> list[str]:
    """A line a layer; columns that do not fit a window of `width` characters are named below."""
    body = [*network][: network.features_index]
    most = max((_first_axis(row.rf) for row in body), default=1)
    rows = [_cells(number, row, most) for number, row in enumerate(network, start=1)]
    columns = dict(zip(_HEADINGS, zip(_HEADINGS, *rows, strict=True), strict=True))
    widths = {heading: max(map(len, cells)) for heading, cells in columns.items()}
    gone = dropped(widths, _LEAST_TELLING, width)
    kept = [heading for heading in _HEADINGS if heading not in gone]
    lines = [
        "  ".join(
            columns[heading][line].ljust(widths[heading])
            if heading in _LEFT
            else columns[heading][line].rjust(widths[heading])
            for heading in kept
        ).rstrip()
        for line in range(len(rows) + 1)
    ]
    return [*lines, left_out(gone)] if gone else lines


def _first_axis(figure: Figure) -> int:
    """A figure along the first axis."""
    return int(figure[0] if isinstance(figure, tuple) else figure)


def _cells(number: int, row: Row, most: int) -> tuple[str, ...]:
    """The cells of a layer; `most` is the largest RF of the body, whose bar is full."""
    sizes = "×".join(map(str, row.output_size))
    centre = agreed([half(a + b) for a, b in zip(row.start, row.end, strict=True)])
    return (
        str(number),
        _short(row.layer, LONGEST_NAME),
        f"{sizes}×{row.channels}",
        _range(agreed(list(row.rf_min)), agreed(list(row.rf))) + ("*" if row.sees_all else ""),
        lying(_first_axis(row.rf), most),
        _text(agreed([whole(jump) for jump in row.jump])),
        _text(centre),
        _sides(row.padding_total, row.padding_after),
        f"{row.params:,}",
        f"{row.macs:,}",
        f"{row.activations:,}",
        in_bytes(row.memory),
    )


def _totals(network: Network) -> list[str]:
    lines = []
    for name, value in network.totals.items():
        unit, meaning = _TOTALS[name]
        figure = f"{value:,} {unit}" + (f" ({in_bytes(value)})" if unit == "bytes" else "")
        meaning = meaning.format(bytes=network.bytes_per_value)
        lines.append(f"{name:<12} {figure}: {meaning}")
    return lines


_SCORES = {
    "entropy": "nats: sum of log(c_in k² / groups) over the convolutions",
    "erf_variance": "pixels²: variance of the impulse response, uniform weights",
    "deepmad": "score as DeepMAD's code has it; the paper's convention is twice that",
    "effectiveness": "DeepMAD's, depth over average width",
}


def _scores(network: Network) -> list[str]:
    """What the network is ranked by beside its totals, so far as it has it."""
    memory = network.scores["weight_memory"]
    assert isinstance(memory, int)
    lines = [
        f"weights      {memory:,} bytes ({in_bytes(memory)}): params × {network.bytes_per_weight} "
        "bytes a value"
    ]
    for name, meaning in _SCORES.items():
        value = network.scores[name]
        if value is not None:
            lines.append(f"{name:<12} {value:.9g} {meaning}")
    share = network.scores["coverage"]
    if share is not None and share < 1:
        lines.append(
            f"coverage     {share:.9g} of the RF's positions reach the middle output, the least "
            "of the axes"
        )
    if sides := network.effective_rf:
        held = ", ".join(map(str, sides.values()))
        lines.append(
            f"effective RF {held} pixels a side hold {', '.join(map(str, sides))}% of the impulse "
            "response, uniform weights"
        )
    return lines


def _range(smallest: Figure, largest: Figure) -> str:
    if smallest == largest:
        return _text(largest)
    return f"{_text(smallest)}–{_text(largest)}"


def _sides(before: tuple[int, ...], after: tuple[int, ...]) -> str:
    """`2`, or `2:3` before and after where they differ, as the notation writes it."""
    sides = [str(a) if a == b else f"{a}:{b}" for a, b in zip(before, after, strict=True)]
    return sides[0] if len(set(sides)) == 1 else "×".join(sides)


def _text(figure: Figure) -> str:
    return "×".join(map(str, figure)) if isinstance(figure, tuple) else str(figure)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
