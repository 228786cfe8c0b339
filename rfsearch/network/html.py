"""How a network shows itself in a notebook: small HTML tables, no styles of ours."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from rfsearch.network.document import row_values

if TYPE_CHECKING:
    from rfsearch.network import Network

# Names of a network longer than this are cut; its layers are in the table anyway.
LONGEST_NAME = 200

_COLUMNS = {
    "layer": "layer",
    "output_size": "output",
    "channels": "channels",
    "rf": "RF",
    "jump": "jump",
    "centre": "centre",
    "padding_total": "padding",
    "params": "params",
    "macs": "MACs",
    "activations": "activations",
}


def network_html(network: Network) -> str:
    """The layer table of a network, with its totals below."""
    name = network.name
    shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    rows = [[row_values(row)[column] for column in _COLUMNS] for row in network]
    totals = ", ".join(f"{key} {value:,}" for key, value in network.totals.items())
    caption = (
        f"<b>{escape(shown)}</b>: input {_text(network.input)}×{network.input_channels}, output "
        f"{_text(network.output_size)}, RF {_text(network.rf)}, jump {_text(network.jump)}"
    )
    return f"<p>{caption}</p>{table(list(_COLUMNS.values()), rows)}<p>{escape(totals)}</p>"


def table(heads: list[str], rows: list[list[Any]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
