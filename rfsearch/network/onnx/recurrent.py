"""LSTM, GRU and RNN: along time every output sees all that came before it, after it, or both."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import ALL, FUTURE, PAST
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

# Matrices of each kind, one a gate.
RECURRENT_LAYERS = {"LSTM": 4, "GRU": 3, "RNN": 1}
_LOOKS = {"forward": PAST, "reverse": FUTURE, "bidirectional": ALL}


def recurrent(call: Call, reading: Reading) -> list[Tensor]:
    """The outputs at every step, then the last state, and the last cell of an LSTM."""
    tensor = reading.tensor(call)
    if len(tensor.dims) != 3:
        raise NotFollowed(f"{call.place}: an input of {len(tensor.dims)} dimensions, not 3")
    ways, rows, features = reading.weights(call, 1, 3)
    time = 1 if call.attributes.get("layout") else 0
    hidden = rows // RECURRENT_LAYERS[call.op]
    look = _LOOKS.get(call.text("direction", "forward"), ALL)
    steps = prod(tensor.shape[:2]) // tensor.batch
    macs = steps * ways * rows * (features + hidden)
    made = reading.tracer.recurrent(tensor, time, ways * hidden, look, macs, call.name, call.place)
    reading.weigh(made, call, 1, 2, 3)
    ends = reading.tracer.reduced(made, [time], True, call.name, call.place)
    return [_directions(made, ways, time, call), *[_states(ends, ways, time, call)] * 2]


def _directions(made: Tensor, ways: int, time: int, call: Call) -> Tensor:
    """(time, directions, batch, features), or (batch, time, directions, features)."""
    first, second, features = made.shape
    split = made.reshaped([first, second, ways, features // ways], call.place)
    return split if time else split.permuted([0, 2, 1, 3])


def _states(ends: Tensor, ways: int, time: int, call: Call) -> Tensor:
    """(directions, batch, features), or (batch, directions, features).

    Both directions see all steps at their ends, so all is counted as seen.
    """
    batch, features = ends.shape[1 - time], ends.shape[2]
    split = ends.reshaped([batch, ways, features // ways], call.place)
    return split if time else split.permuted([1, 0, 2])
