"""Verdict: what came of one claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from rfsearch.errors import LONGEST_SHOWN, shortened
from rfsearch.network.html import table


@dataclass(frozen=True)
class Verdict:
    """The outcome for one stack; `differences` is empty where everything is as claimed.

    claimed, measured   figures by name; a tuple where the axes differ
    ran                 whether the whole network ran, rather than having its shapes inferred
    """

    stack: str
    framework: str
    claimed: Mapping[str, Any]
    measured: Mapping[str, Any]
    ran: bool
    differences: tuple[str, ...]

    @property
    def as_claimed(self) -> bool:
        """Whether nothing differs; so is the verdict itself, as a truth value."""
        return not self.differences

    def __bool__(self) -> bool:
        return self.as_claimed

    def __repr__(self) -> str:
        said = "as claimed" if self else shortened("; ".join(self.differences), LONGEST_SHOWN)
        return f"<Verdict {shortened(self.stack)} in {self.framework}: {said}>"

    def _repr_html_(self) -> str:
        """For notebooks: each figure as claimed and as measured."""
        rows = [
            [name, text(said), text(self.measured[name]) if name in self.measured else ""]
            for name, said in self.claimed.items()
        ]
        below = "".join(f"<p>{escape(line)}</p>" for line in self.differences)
        verdict = "as claimed" if self else "differs"
        head = f"<p><b>{escape(shortened(self.stack))}</b> in {self.framework}: {verdict}</p>"
        return head + table(["figure", "claimed", "measured"], rows) + below


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
