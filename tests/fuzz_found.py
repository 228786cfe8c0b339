"""What the fuzzer has found, made small: each is a test for ever (tests/test_fuzz.py).

`signature` is what is wrong today, None where it is settled. An open one is passed over by the
fuzzer, and its test must fail: whoever settles it removes the signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fuzz_case import Case

ONNX = Path(__file__).parent / "cases" / "onnx"
LONG = "a" * 300
MANY = ",".join(map(str, range(1, 2001)))


@dataclass(frozen=True)
class Found:
    """A case with what is wrong with it today."""

    case: Case
    signature: str | None = None
    dear: bool = False  # takes seconds, or gigabytes


def _search(words: str) -> Case:
    return Case((*words.split(), "--memory-limit=1GiB"))


def _show(stack: str, input: str, format: str = "table", channels: str = "3") -> Case:
    flags = (f"--input={input}", f"--input-channels={channels}", f"--format={format}")
    return Case(("show", stack, *flags))


def _onnx(name: str) -> Case:
    return Case(("show", "m.onnx"), (("m.onnx", (ONNX / name).read_bytes()),))


def _results(row: str) -> tuple[tuple[str, bytes], ...]:
    text = f'{{"query": {{"input": 15}}, "results": [{{"stack": "4C3", {row}}}]}}'
    return (("found.json", text.encode()),)


FOUND = {
    "a long name of a file": Found(
        Case(("export", f"--output={LONG}", "--to=torch", "4C3", "--input=8"))
    ),
    "a long name of a folder": Found(Case(("--target-rf=9", "--input=15", f"--export={LONG}"))),
    "a figure of words in results": Found(
        Case(("verify", "found.json"), _results('"rf": "x"')),
    ),
    "rules of a file's slots for networks like one": Found(
        Case(
            ("--config=f.toml", "--like=4C3P1-8C3", "--changes=1", "--count"),
            (("f.toml", b'input = 16\ntarget_rf = 5\nnever_falls = ["channels"]\n'),),
        )
    ),
    "a window with as many paddings as it is wide": Found(
        _search("--input=15 --target-rf=5 --kernel=65536 --dilation=2 --channels=4 --depth=1..5")
    ),
    "a name that is like no other": Found(Case(("reach", "--input=9", "--like=nan"))),
    "an expansion to thirty-six dimensions": Found(_onnx("many_dimensions.onnx")),
    "a list of two thousand kernels, one wrong": Found(
        _search(f"--target-rf=9 --input=15 --kernel={MANY},x")
    ),
    "a target of two thousand numbers": Found(_search(f"--target-rf={MANY} --input=15")),
    "a rounding of two thousand numbers": Found(
        _search(f"--target-rf=9 --input=15 --rounding={MANY}")
    ),
    "a condition of two thousand numbers": Found(
        _search(f"--target-rf=9 --input=15 --where={MANY}")
    ),
    "a budget of two thousand numbers": Found(
        _search(f"--target-rf=9 --input=15 --max-macs={MANY}")
    ),
    "a stray word of two thousand numbers": Found(_search(f"--target-rf=9 --input=15 {MANY}")),
    "a slice that takes the onnx library down": Found(_onnx("slice_beyond_the_end.onnx")),
    "a huge stride in an ONNX file": Found(_onnx("huge_stride.onnx")),
    "a jump of more than 128 bits in a table's file": Found(
        Case(("show", "--input=8", "--format=csv", "(C1S2-PAD1)x130"))
    ),
    "an eightfold resize of a volume, thrice": Found(
        Case(("verify", "MP2P1U-SCALE-I(UP8-LN)x2", "--input=3d:8")), dear=True
    ),
    "DeepMAD's score over plain flags": Found(
        _search(
            "--input=31 --target-rf=31 --kernel=1..5 --stride=1,2 --channels=64 --norm=batch "
            "--max-deepmad=1M"
        ),
        dear=True,
    ),
    "an arena that nothing is asked of": Found(
        _search("--input=15 --target-rf=200 --max-arena=1KiB --depth=1..3")
    ),
    "an RF of a thousand bits": Found(_show("(4C2S2P1)x1000", "8")),
    "a centre beyond every float, in JSON": Found(
        _show("(4C1N-((4C2S2PsN)x200+(4C2S2PsN)x200))x9", "33", "json")
    ),
    "a centre beyond every float, in a table": Found(
        _show("(4C1N-((4C2S2PsN)x200+(4C2S2PsN)x200))x9", "33")
    ),
    "a field without holes of 2^40 positions": Found(_show("(4C2S2P1)x40", "8")),
    "a field with holes of 2^40 positions": Found(_show("4C2D3P2-(4C2S2P1)x40", "8")),
    "a thousand layers behind GAP that double": Found(
        _show("3C2S2B0-GAP-(4T4S2P1-A(8C2))x1000", "1d:64", channels="1000000")
    ),
    "a thousand layers that double": Found(_show("(4T4S2P1-8C3P1)x1000", "1d:64")),
    "a thousand layers that double a volume": Found(_show("(UP2-4C3P1)x1000", "3d:8")),
    "a thousand blocks that double and project": Found(_show("(R(4T4S2P1))x1000", "1d:64")),
    "a thousand windows on an image": Found(_show("(3C3PsN)x1000", "8"), dear=True),
    "resizes by 3/2 on and on": Found(_show("(UPL3-4C3S2P1)x1000", "1d:1000"), dear=True),
    "millions of fields that differ": Found(
        _show("GAP-(4T4S2P1-4C3P1)x18", "1d:64", channels="3"), dear=True
    ),
}

# What a limit ended has no place of its own in the package, so that it is reported again.
OPEN = frozenset(
    one.signature
    for one in FOUND.values()
    if one.signature and not one.signature.startswith(("time", "memory"))
)
