"""torch.export of a module, on an example of its input.

It traces with shapes alone, so nothing is computed and the module stays as it is, its mode
(training or evaluation) too. Only a lazy module must run once to know its shapes: a copy does.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from rfsearch.errors import UsageError

WAY_OUT = 'until="module.path" reads up to a module'

# Operators that write into a part of a tensor: traced anew as functions that make a new one.
_WRITING = ("copy_", "index_put_", "fill_", "zero_", "masked_fill_", "scatter_", "scatter_add_")
_VIEWS = ("slice", "select", "view", "split", "chunk", "narrow", "unbind", "getitem", "transpose")


def exported(module: Any, examples: Sequence[tuple[Any, ...]], until: str | None) -> Any:
    """(program, module, example) of the first of `examples` that it can be traced on.

    The module is another one where it was lazy. UsageError with the reason that the first gave.
    """
    failure = ""
    for example in examples:
        traced = _initialised(module, example)
        try:
            with _quiet(), _stopping(traced, until):
                return _functional(_export(traced, example)), traced, example
        except Exception as error:
            failure = failure or _reason(module, example, error)
    raise UsageError(failure)


def _export(module: Any, example: tuple[Any, ...]) -> Any:
    import torch

    return torch.export.export(module, example, strict=False)


def _functional(program: Any) -> Any:
    """The program, without writing into parts of tensors."""
    for fx_node in program.graph.nodes:
        schema = getattr(fx_node.target, "_schema", None)
        if schema is None or not schema.is_mutable:
            continue
        name = schema.name.split("::")[-1]
        source = fx_node.args[0] if fx_node.args else None
        into = getattr(getattr(source, "target", None), "_schema", None)
        viewed = into is not None and into.name.split("::")[-1] in _VIEWS
        if name in _WRITING or viewed:
            return program.run_decompositions({})
    return program


def _initialised(module: Any, example: tuple[Any, ...]) -> Any:
    """The module, or a copy of a lazy one that has run."""
    import torch
    from torch.nn.parameter import is_lazy

    if not any(map(is_lazy, module.parameters())):
        return module
    module = copy.deepcopy(module)
    training = module.training
    try:
        with torch.no_grad(), _quiet():
            module.eval()(*example)
    except Exception as error:
        raise UsageError(_reason(module, example, error)) from None
    return module.train(training)


@contextmanager
def _quiet() -> Iterator[None]:
    import logging
    import warnings

    before = logging.root.manager.disable
    # Of an operator that fails torch logs an error, too; ours says it in one line.
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


class _Stopped(Exception):
    """A module has been reached; carries its output."""

    def __init__(self, output: Any) -> None:
        super().__init__("stopped")
        self.output = output


@contextmanager
def _stopping(module: Any, until: str | None) -> Iterator[None]:
    """Within this the module's output is that of its submodule `until`."""
    if until is None:
        yield
        return

    def stop(_module: Any, _inputs: Any, output: Any) -> None:
        raise _Stopped(output)

    forward = module.forward

    @functools.wraps(forward)
    def shorter(*arguments: Any, **keywords: Any) -> Any:
        modules = _traced_modules()
        before = list(modules)
        try:
            forward(*arguments, **keywords)
        except _Stopped as stopped:
            # torch's tracer takes a module off its stack only where that returns.
            for left in [key for key in modules if key not in before]:
                del modules[left]
            return stopped.output
        raise UsageError(f"until: {until!r} is not run")

    hook = submodule(module, until, "until").register_forward_hook(stop)
    module.forward = shorter
    try:
        yield
    finally:
        hook.remove()
        del module.forward


def _traced_modules() -> dict[str, Any]:
    """The stack of modules that torch's tracer is in; empty where it does not trace."""
    from torch.fx.experimental.proxy_tensor import (
        get_proxy_mode,
    )

    tracer = getattr(get_proxy_mode(), "tracer", None)
    modules: dict[str, Any] = getattr(tracer, "module_stack", {})
    return modules


def submodule(module: Any, path: str, what: str) -> Any:
    """The module at a path; UsageError with the nearest paths where there is none."""
    known = dict(module.named_modules(remove_duplicate=False))
    if path in known and path:
        return known[path]
    near = get_close_matches(str(path), known, n=2, cutoff=0.4)
    hint = f"; near it: {', '.join(map(repr, near))}" if near else ""
    raise UsageError(f"{what}: {type(module).__name__} has no module {path!r}{hint}")


def _reason(module: Any, example: tuple[Any, ...], error: Exception) -> str:
    if isinstance(error, UsageError):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = lines[0] if lines else type(error).__name__
    shapes = " and ".join(str(list(one.shape)) for one in example if hasattr(one, "shape"))
    # A batch norm in training mode refuses the single position of a batch of one.
    at_fault = module.training and "when training" in reason
    hint = "; it is in training mode, try module.eval()" if at_fault else ""
    if "size" not in reason and "shape" not in reason:
        hint += f"; {WAY_OUT}"
    return (
        f"{type(module).__name__}: torch.export cannot trace it on {shapes}: {reason[:200]}{hint}"
    )
