"""Hypothesis strategies of the fuzzer: command lines and notations, good ones and broken ones."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fuzz_case import Case
from hypothesis import strategies as st
from one_question import COMMANDS, asked_of, fields_of
from spaces import questions

# Searches stop here by themselves; the fuzzer's own limit is above it.
LIMITED = ("--memory-limit=1GiB",)

WILD = (
    "", " ", "0", "-1", "1", "2", "7", "1.5", "1e3", "65536", "65537", "9" * 20, "1/3", "1/0",
    "nan", "inf", "x", "½", "٣", "3K", "2MiB", "1..3", "3..1", "..", "5..", "..9", "1,2", "1,,2",
    ",", "1x2", "3x1x2", "any", "same", "valid", "half", "causal", "true", "false", "none",
    "all", "keep",
    "x2", "x0.5", "2..6:2", "double:4:16", "double:", "max:params", "macs", "memory,macs",
    "max:macs,macs", "flops", "conv", "conv,maxpool", "avgpool", "depthwise", "10ms",
    "1.5s..2s", "batch", "8C3P1", "8C3-", "((", "R(8C3P1)", "vgg11", "family", "costs", "json",
    "a" * 300, ",".join(map(str, range(1, 2001))), "1," * 50, "\u202e1", "-", "--", "'",
    "macs < 1000", "1=1", "stack = 'x", "params:3%", "5,7", "/", "found.json", "no/found.json",
)  # fmt: skip
NUMBERS = ("1", "2", "3", "5", "8", "100", "2K", "20K", "1M", "1.5", "3/2")

# Values that are mostly taken; flags that are not named here get wild ones.
GOOD = {
    "target-rf": ("5", "6", "7..9", "6..", "..9", "any", "5x7", "4..6x5..7", "40", "80ms..120ms"),
    "input": ("9", "15", "16", "32", "12,15", "12x16", "9..12"),
    "rounding": ("exact", "floor", "ceil"),
    "output-size": ("1", "3", "1..9", "2..", "3x4"),
    "bytes-per-value": ("1", "2", "4"),
    "op": ("conv", "conv,maxpool", "maxpool,avgpool", "depthwise", "conv,depthwise"),
    "kernel": ("3", "2,3", "1,2,3", "3,5", "1..4", "3x1", "1x3,3x1"),
    "stride": ("1", "2", "1,2", "1..3", "2x1"),
    "padding": ("0", "1", "0..2", "same", "valid", "half", "causal", "any", "valid,same", "1x0"),
    "dilation": ("1", "1,2", "2"),
    "depth": ("1", "2", "1..2", "1..3", "2..4", "1..5"),
    "channels": ("4", "2,4", "double:4:16", "keep", "x2", "4,keep", "2..6:2"),
    "input-channels": ("1", "2", "3"),
    "like": ("8C3P1-MP2S2-8C3", "4C3P1-4C3P1", "R(4C3P1-4C3P1)", "mdnet"),
    "changes": ("0", "1", "2"),
    "axes": ("1", "2", "3"),
    "stem": ("4C3P1", "4C3S2P1N-MP2S2", "R(3C3P1)"),
    "head": ("GAP-10FC", "3FC", "4C1", "UP2", "4C3P1"),
    "norm": ("none", "batch"),
    "bias": ("true", "false"),
    "never-falls": ("channels", "kernel", "channels,kernel"),
    "never-grows": ("kernel", "stride"),
    "reserve": ("10", "1KiB"),
    "hop": ("10ms", "1/100"),
    "rank-by": ("macs", "memory,macs", "max:entropy", "max:deepmad", "rf", "max:erf_variance,macs"),
    "front": ("none", "memory,macs", "params,macs,max:entropy", "max:deepmad,macs"),
    "top": ("0", "1", "5", "100"),
    "distinct": ("family", "costs", "none"),
    "where": ("macs < 20000", "rf > 5", "stack like '%C3%'", "twins > 1"),
    "format": ("table", "json", "csv", "ndjson"),
    "output": ("found.json", "found.csv", "found.xyz", "a" * 300 + ".json", "no/f", "."),
    "export": ("networks", "a" * 300, "found/deep"),
    "to": ("torch", "keras", "onnx"),
    "memory-limit": ("1MiB", "100MiB", "1GiB"),
    "time-limit": ("0", "0.1", "1"),
    "threads": ("1", "2", "1024"),
    "least": ("macs", "params,macs", "rf"),
    "greatest": ("macs", "entropy"),
    "hold": ("params:3%", "params:10%,macs:10%", "depth:0", "jump:0", "output_size:0"),
}  # fmt: skip
SWITCHES = ("count", "quiet", "allow-gaps", "allow-wide-padding", "force")
BUDGETS = tuple(
    f"{side}-{cost}"
    for cost in (
        "depth", "params", "macs", "activations", "memory", "peak-memory", "erf-variance",
        "weight-memory", "entropy", "deepmad", "effectiveness",
    )
    for side in ("min", "max")
)  # fmt: skip


OF_REACH, OF_LADDER = ("least", "greatest"), ("hold",)
OF_SEARCH = ("rank-by", "front", "top", "distinct", "where", "time-limit", "export", "to")
SHARED = tuple(name for name in GOOD if name not in (*OF_REACH, *OF_LADDER, *OF_SEARCH))
# Flags that each word takes beside the shared ones; now and then one gets any other.
WORDS = {(): OF_SEARCH, ("reach",): OF_REACH, ("ladder",): (*OF_LADDER, "rank-by", "time-limit")}
# Every word's space and question are said, a size or two an axis, before anything is changed.
BASE = {
    "input": ("9", "15", "16", "32"),
    "target-rf": ("5", "6", "7..9", "11", "4..40"),
    "kernel": ("3", "2,3", "1,2,3", "3,5", "1..4"),
    "stride": ("1", "2", "1,2", "1..3"),
    "depth": ("1", "2", "1..2", "1..3", "2..4", "1..5"),
    "channels": ("4", "2,4", "double:4:16"),
}


def _flags(word):
    """One flag of a word: mostly its own with a good value."""

    def valued(name):
        good = st.sampled_from(GOOD.get(name, NUMBERS))
        wild = st.sampled_from(WILD)
        return st.one_of(good, good, good, wild).map(lambda value: f"--{name}={value}")

    own = st.sampled_from((*SHARED, *WORDS[word], *BUDGETS)).flatmap(valued)
    other = st.sampled_from((*GOOD, "kernels", "x")).flatmap(valued)
    switch = st.sampled_from(SWITCHES).map(lambda name: f"--{name}")
    return st.one_of(own, own, own, switch, other)


@st.composite
def commands(draw):
    """A search, reach or ladder over a small space, with some further flags."""
    word = draw(st.sampled_from(((), (), (), ("reach",), ("ladder",))))
    words = [*word]
    for name, values in BASE.items():
        if draw(st.integers(0, 19)):
            words.append(f"--{name}={draw(st.sampled_from(values))}")
    words += draw(st.lists(_flags(word), max_size=4))
    if not any(one.startswith("--memory-limit") for one in words):
        words += LIMITED
    return Case(tuple(words))


# Notations

_NUMBER = st.sampled_from(("", "1", "2", "3", "4", "8", "0", "65536", "99999", "3x5", "1:0", "s"))
_OPS = ("C", "DW", "MP", "AP", "T", "UP", "UPL", "SE", "SUB", "PAD", "CROP", "FC", "GAP")
_BARE = (
    "GAP", "BN", "LN", "SCALE", "ID", "SUM", "CAT", "10FC", "A(4C1)", "SE2", "UP2", "UPL2", "SUB2",
    "PAD1", "CROP1", "MP2S2", "MP3P1", "AP2S2U", "4T4S2P1", "DW3P1", "DW5P2", "UP8",
)  # fmt: skip
_SUFFIXES = ("S2", "P1", "Ps", "P1:0", "D2", "G2", "N", "L", "B0", "U", "S1x2", "P1x0", "S0", "D0")


@st.composite
def _layers(draw):
    """A convolution, another sound layer, or letters in an order that may be one."""
    kind = draw(st.integers(0, 7))
    if kind < 4:
        width, kernel = draw(st.sampled_from((4, 8, 3))), draw(st.sampled_from((1, 2, 3, 5)))
        stride, padding = draw(st.sampled_from(("", "S2"))), draw(st.sampled_from(("", "P1", "Ps")))
        return f"{width}C{kernel}{stride}{padding}{draw(st.sampled_from(('', 'N', 'B0')))}"
    if kind < 7:
        return draw(st.sampled_from(_BARE))
    width = draw(st.sampled_from(("", "4", "8", "3")))
    more = draw(st.lists(st.sampled_from(_SUFFIXES), max_size=3, unique=True))
    return width + draw(st.sampled_from(_OPS)) + draw(_NUMBER) + "".join(more)


_SHAPES = (
    "R({})",
    "I({})",
    "({}|{})",
    "({}+{})",
    "({}*{})",
    "({})x2",
    "({})x1000",
    "A({})",
    "(({}))",
)


def _nested(inner):
    parts = st.lists(inner, min_size=1, max_size=3).map("-".join)
    return st.tuples(st.sampled_from(_SHAPES), parts, parts).map(
        lambda drawn: drawn[0].format(*drawn[1:])
    )


_STACKS = st.lists(st.recursive(_layers(), _nested, max_leaves=6), min_size=1, max_size=5).map(
    "-".join
)
_EDITS = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from((*"CPSDGNx-()|+*:.0129", "", "é", "\n"))),
    max_size=2,
)


def edited(text, edits):
    """The text with single characters replaced, or left out."""
    for place, letter in edits:
        place %= max(len(text), 1)
        text = text[:place] + letter + text[place + 1 :]
    return text


_SIZES = (
    "8", "16", "33", "16", "32", "64", "16", "32", "33", "1d:64", "3d:8", "8x16", "16x0", "1d:",
    "3d:8x8", "65536", "70000", "9999999999", "", "x", "1d:1000000", "4x4x4", "-3",
)  # fmt: skip


@st.composite
def notations(draw):
    """show, verify and export of a network in notation, sound or broken."""
    stack = draw(_STACKS)
    if draw(st.integers(0, 2)) == 0:
        stack = edited(stack, draw(_EDITS))
    word = draw(st.sampled_from(("show", "show", "show", "verify", "export")))
    words = [word, f"--input={draw(st.sampled_from(_SIZES))}"]
    if draw(st.booleans()):
        words.append(f"--input-channels={draw(st.sampled_from(('1', '3', '4', '0', '1000000')))}")
    if word == "export":
        words.append(f"--to={draw(st.sampled_from(('torch', 'keras', 'onnx', 'tf')))}")
        words.append(f"--output={draw(st.sampled_from(('n.py', 'n.onnx', 'a' * 300, 'no/n.py')))}")
    else:
        words.append(f"--format={draw(st.sampled_from(('table', 'json', 'csv')))}")
    return Case((*words, "--", stack))


@st.composite
def counts(draw):
    """A small question, in any form, whose matches a plain listing has counted."""
    question = draw(questions())
    form = draw(st.sampled_from(sorted(COMMANDS)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = COMMANDS[form](fields_of(question), asked_of(question), folder)
        files = tuple((path.name, path.read_bytes()) for path in folder.iterdir())
    words = [Path(word).name if isinstance(word, Path) else word for word in words]
    return Case((*words, "--count", "--format=json"), files, len(question.matches))
