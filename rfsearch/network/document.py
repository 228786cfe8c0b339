"""The JSON object of `rfsearch show` (docs/json.md), as plain Python values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.network.figures import agreed, half, whole
from rfsearch.schema import SCHEMA

if TYPE_CHECKING:
    from rfsearch.network.network import Network, Row


def document(network: Network) -> dict[str, object]:
    """Where axes differ a value is a tuple, one entry an axis; jumps may be Fractions."""
    return {
        "schema": SCHEMA,
        "network": network.name,
        "input": agreed(list(network.input)),
        "input_channels": network.input_channels,
        "output_size": network.output_size,
        "rf": network.rf,
        "rf_min": network.rf_min,
        "rf_through_gates": network.sees_all,
        "jump": network.jump,
        "centre": network.centre,
        "padding_total": network.padding_total,
        "padding_after": network.padding_after,
        "look_back": network.look_back,
        "look_ahead": network.look_ahead,
        "layers": [row_values(row) for row in network],
        "totals": network.totals,
        "scores": network.scores,
        "effective_rf": network.effective_rf,
        "findings": network.findings,
    }


def row_values(row: Row) -> dict[str, object]:
    """One row by column name, in the order of the columns."""
    return {
        "layer": row.layer,
        "output_size": agreed(list(row.output_size)),
        "channels": row.channels,
        "rf": agreed(list(row.rf)),
        "rf_min": agreed(list(row.rf_min)),
        "jump": agreed([whole(jump) for jump in row.jump]),
        "centre": agreed([half(a + b) for a, b in zip(row.start, row.end, strict=True)]),
        "padding_total": agreed(list(row.padding_total)),
        "padding_after": agreed(list(row.padding_after)),
        "params": row.params,
        "macs": row.macs,
        "activations": row.activations,
        "memory": row.memory,
        "rf_through_gates": row.sees_all,
    }
