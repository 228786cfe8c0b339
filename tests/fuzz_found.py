"""What the fuzzer has found, made small: each is a test for ever (tests/test_fuzz.py).

`signature` is what is wrong today, None where it is settled. An open one is passed over by the
fuzzer, and its test must fail: whoever settles it removes the signature.
"""

from __future__ import annotations

from dataclasses import dataclass

from fuzz_case import Case

LONG = "a" * 300


@dataclass(frozen=True)
class Found:
    """A case with what is wrong with it today."""

    case: Case
    signature: str | None = None


def _results(row: str) -> tuple[tuple[str, bytes], ...]:
    text = f'{{"query": {{"input": 15}}, "results": [{{"stack": "4C3", {row}}}]}}'
    return (("found.json", text.encode()),)


FOUND = {
    "a long name of a file": Found(
        Case(("export", f"--output={LONG}", "--to=torch", "4C3", "--input=8")),
        "traceback, OSError, rfsearch/cli/destination.py, check",
    ),
    "a long name of a folder": Found(
        Case(("--target-rf=9", "--input=15", f"--export={LONG}")),
        "traceback, OSError, rfsearch/cli/export.py, check_folder",
    ),
    "a figure of words in results": Found(
        Case(("verify", "found.json"), _results('"rf": "x"')),
        "traceback, ValueError, rfsearch/verify/claim.py, _number",
    ),
    "a list of two thousand numbers": Found(
        Case(("--target-rf=9", "--input=15", f"--kernel=0,{','.join(map(str, range(1, 2001)))}")),
    ),
}

OPEN = frozenset(found.signature for found in FOUND.values() if found.signature)
