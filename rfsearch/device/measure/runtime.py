"""What can run an item here: a module each, which builds it and gives a function that runs it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from rfsearch.errors import UsageError
from rfsearch.export.plan import Plan

RUNTIMES = {
    "onnxruntime": "rfsearch.device.measure.with_onnxruntime",
    "torch": "rfsearch.device.measure.with_torch",
}


class Runtime(Protocol):
    """One module a runtime."""

    def versions(self) -> str:
        """Name and version of what runs; MissingExtraError where it is not installed."""

    def prepared(self, plan: Plan, threads: int) -> Callable[[], Any]:
        """A function that runs the network once, batch 1, on so many threads."""

    def nothing(self, threads: int) -> Callable[[], Any]:
        """A function that runs a network of no layers on one value."""


def runtime_named(name: str) -> Runtime:
    """The runtime's module; UsageError for a name that is none."""
    if name not in RUNTIMES:
        raise UsageError(f"--with: {name!r} is not one of {', '.join(RUNTIMES)}")
    module: Any = import_module(RUNTIMES[name])
    return module  # type: ignore[no-any-return]
