"""One ONNX node carried out on arrays, by the reference evaluator of the onnx package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call


def run(call: Call, arrays: list[Any]) -> list[Any]:
    """The node's outputs, under the operator sets that the file names; none where the evaluator
    does not have the operator in that version.

    Operators changed from one set to the next: axes, for one, were attributes before they were
    inputs. UsageError where the evaluator refuses.
    """
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    fed = {name: array for name, array in zip(call.inputs, arrays, strict=True) if name}
    node = type(call.proto)()
    node.CopyFrom(call.proto)
    node.input[:], node.output[:] = call.inputs, call.outputs
    opsets = [helper.make_opsetid(domain, version) for domain, version in call.opsets.items()]
    function = helper.make_function("rfsearch", "one", list(fed), call.outputs, [node], opsets)
    try:
        evaluator = ReferenceEvaluator(function)
    except Exception:
        return []
    try:
        made = evaluator.run(None, fed, attributes={})
    except Exception as error:
        reason = str(error).strip().splitlines()[:1]
        raise UsageError(f"{call.place}: cannot be computed: {''.join(reason)[:120]}") from None
    return list(made)
