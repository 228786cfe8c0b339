"""Verdict: what came of one claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """The outcome for one stack; `differences` is empty where everything is as claimed."""

    stack: str
    framework: str
    claimed: Mapping[str, Any]
    measured: Mapping[str, Any]
    ran: bool
    differences: tuple[str, ...]


def differences(claimed: Mapping[str, Any], measured: Mapping[str, Any]) -> list[str]:
    """A line for every figure that was measured and is not what was claimed."""
    return [
        f"{name}: claimed {text(said)}, measured {text(measured[name])}"
        for name, said in claimed.items()
        if name in measured and measured[name] != said
    ]


def text(value: Any) -> str:
    """A figure; where the axes differ `7×9`."""
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
