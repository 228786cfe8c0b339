"""rfsearch.verify: one network built, run, and compared with what is said of it."""

from __future__ import annotations

from typing import Literal

from rfsearch.claims.check import check
from rfsearch.claims.claim import of_network
from rfsearch.claims.verdict import Verdict
from rfsearch.errors import UsageError, quoted
from rfsearch.network import Network, parse
from rfsearch.network.input_size import InputSize


def verify(
    network: Network | str,
    input: InputSize | None = None,
    input_channels: int | None = None,
    *,
    framework: Literal["onnxruntime", "torch", "keras", "tflm"] = "onnxruntime",
) -> Verdict:
    """Build a network in a framework, run it, and compare with what rfsearch says of it.

    network    a Network, or a notation or name, which `input` and `input_channels` are of
    framework  where it runs; the extra of the same name, `onnx` of onnxruntime

    Sizes, params, MACs, receptive field, jump, centre and padding are measured; the Verdict is
    true where all are as claimed, and says what differs. Raises UsageError where the network
    cannot be said in the notation, LimitError where it is too large, MissingExtraError.
    """
    if isinstance(network, str):
        network = parse(network, input, input_channels)
    elif not isinstance(network, Network):
        raise UsageError(f"network: {quoted(network)} is neither a Network nor notation")
    elif input is not None or input_channels is not None:
        raise UsageError("input: a Network has its own; parse or load it at another one")
    return check(of_network(network), framework)
