"""Run every peer, or some, and write what was measured.

python -m benchmarks.peers                      all, then benchmarks/peers.md and the README
python -m benchmarks.peers didppy_states        one; the others' figures stay
python -m benchmarks.peers --write              only the documents, from the record
python -m benchmarks.peers.regressions          what fell by more than 15% since it was accepted
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.peers.runner import every, record, report


def main() -> int:
    """Exit code 1 where a peer's exact answer is another than ours, or a peer failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers", nargs="*", metavar="PEER", help=", ".join(every.names()))
    parser.add_argument("--tiny", action="store_true", help="questions of a second, not recorded")
    parser.add_argument("--write", action="store_true", help="run nothing; write the documents")
    parser.add_argument("--record", type=Path, default=record.FILE, help="JSON file of the figures")
    given = parser.parse_args()
    if unknown := set(given.peers) - set(every.names()):
        parser.error(f"{', '.join(unknown)}: not one of {', '.join(every.names())}")
    bad = False
    found: dict[str, list] = {}
    for peer, one in every.run([] if given.write else given.peers or every.names(), given.tiny):
        found.setdefault(peer, []).append(one)
        bad |= "failed" in one or one.get("agree") is False
        print(f"{peer}: {_line(one)}", file=sys.stderr)
        if not given.tiny and "missing" not in one:
            record.write(peer, found[peer], given.record)
    if not given.tiny:
        kept = record.read(given.record)
        report.FILE.write_text(report.text(kept), "utf-8")
        readme = report.README.read_text("utf-8")
        report.README.write_text(report.within_readme(readme, report.readme_table(kept)), "utf-8")
    return int(bad)


def _line(one: dict) -> str:
    if "missing" in one:
        return f"not installed: {', '.join(one['missing'])}"
    if "failed" in one:
        return one["failed"]
    agrees = {True: ", the same answer", False: ", ANOTHER ANSWER"}.get(one.get("agree"), "")
    return f"{one['task']}, {one['question']}: ratio {report.ratio(one)}{agrees}"


if __name__ == "__main__":
    sys.exit(main())
