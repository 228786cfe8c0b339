"""Multiply-accumulates of a call that is not followed, by torch's own counter."""

from __future__ import annotations

from typing import Any


def macs_of(fx_node: Any) -> int:
    """Half of torch's flops of one call; 0 where torch counts none."""
    from torch.fx.node import map_arg
    from torch.utils.flop_counter import flop_registry

    packet = getattr(fx_node.target, "overloadpacket", None)
    count = flop_registry.get(packet)
    if count is None:
        return _composite(fx_node)
    args, kwargs = map_arg((fx_node.args, fx_node.kwargs), lambda one: one.meta.get("val"))
    return int(count(*args, **kwargs, out_val=fx_node.meta.get("val"))) // 2


def _composite(fx_node: Any) -> int:
    """An operator that torch itself makes of others: counted while it runs on shapes alone."""
    import torch
    from torch.fx.node import map_arg
    from torch.utils.flop_counter import FlopCounterMode

    def shaped(one: Any) -> Any:
        value = one.meta.get("val")
        if not isinstance(value, torch.Tensor):
            return value
        sizes = [int(size) for size in value.shape]
        return torch.empty(sizes, dtype=value.dtype, device="meta")

    try:
        args, kwargs = map_arg((fx_node.args, fx_node.kwargs), shaped)
        with FlopCounterMode(display=False) as counter:
            fx_node.target(*args, **kwargs)
    except Exception:
        # What cannot run on shapes alone has no count in torch, either.
        return 0
    return int(counter.get_total_flops()) // 2
