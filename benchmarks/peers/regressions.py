"""What fell by more than 15% since it was last accepted.

    python -m benchmarks.peers.regressions           names it; exit code 1 where there is something
    python -m benchmarks.peers.regressions --accept  takes the record's ratios as accepted

Ratios of benchmarks/peers/record.json against benchmarks/peers/accepted.json. A ratio is of two
programs on one machine in one run, so that it may be compared between machines more than seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.peers.runner import record

ACCEPTED = Path(__file__).parent / "accepted.json"
FALL = 0.15


def ratios(kept: Mapping[str, Any]) -> dict[str, float]:
    """The median ratio of every comparison that has one, by its name."""
    return {
        f"{peer}: {one['task']}, {one['question']}, {one['form']}": float(f"{one['ratio']:.4g}")
        for peer, ran in kept["peers"].items()
        for one in ran["comparisons"]
        if "ratio" in one
    }


def fallen(accepted: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """A line for each comparison that fell by more than 15%, or is no longer there."""
    lines = []
    for name, before in accepted.items():
        if name not in now:
            lines.append(f"{name}: was {before:.4g}, and has no ratio any more")
        elif now[name] < before * (1 - FALL):
            lines.append(f"{name}: {before:.4g} → {now[name]:.4g} ({now[name] / before - 1:+.0%})")
    return lines


def main() -> int:
    """Prints what fell; 1 where something did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accept", action="store_true", help="take the record's as accepted")
    parser.add_argument("--record", type=Path, default=record.FILE)
    parser.add_argument("--accepted", type=Path, default=ACCEPTED)
    given = parser.parse_args()
    now = ratios(record.read(given.record))
    if given.accept:
        text = json.dumps(now, indent=1, ensure_ascii=False, sort_keys=True)
        given.accepted.write_text(text + "\n", "utf-8")
        return 0
    if not given.accepted.is_file():
        print(f"{given.accepted}: nothing accepted yet: --accept", file=sys.stderr)
        return 2
    lines = fallen(json.loads(given.accepted.read_text("utf-8")), now)
    print("\n".join(lines) or f"nothing fell by more than {FALL:.0%} of {len(now)} ratios")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
