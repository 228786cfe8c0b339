"""Bad flags: every form of a command refuses them with the same exit code, in the same words.

Expected failures are today's differences, a reason each: whoever settles one removes its line.
"""

import pytest
from one_question import ASKED, SMALL, flags, said

REFUSED = {
    "kernel 0": "--kernel 0",
    "kernel of words": "--kernel three",
    "kernel per axis, one too many": "--kernel 3x3x3",
    "a broken kernel per axis": "--kernel 3x",
    "kernel too large": "--kernel 65537",
    "a fractional kernel": "--kernel 1.5",
    "an empty kernel": "--kernel ,",
    "kernels upside down": "--kernel 5..3",
    "kernels without an end": "--kernel 3..",
    "stride 0": "--stride 0",
    "stride of words": "--stride two",
    "dilation 0": "--dilation 0",
    "padding below 0": "--padding -1",
    "padding of words": "--padding wide",
    "padding too large": "--padding 65537",
    "an unknown op": "--op pool",
    "ops twice, one unknown": "--op conv,flop",
    "depth 0": "--depth 0",
    "depth upside down": "--depth 5..2",
    "depth of words": "--depth deep",
    "too deep": "--depth 1..65",
    "channels 0": "--channels 0",
    "channels of words": "--channels wide",
    "a broken rule of channels": "--channels double:4",
    "a rule upside down": "--channels double:16:4",
    "another rule": "--channels triple:4:16",
    "input channels 0": "--input-channels 0",
    "too many input channels": "--input-channels 1G",
    "wide paddings without a list": "--allow-wide-padding",
    "no layer left by gaps": "--kernel 2 --stride 3",
    "no layer left of a pool": "--op maxpool --kernel 1",
    "no layer left by paddings": "--kernel 1 --padding 2",
    "input 0": "--input 0",
    "input too large": "--input 65537",
    "input of words": "--input wide",
    "an empty input": "--input ,",
    "input of three axes": "--input 9x9x9",
    "target 0": "--target-rf 0",
    "target too large": "--target-rf 33554433",
    "target upside down": "--target-rf 9..3",
    "target of words": "--target-rf all",
    "target of three axes": "--target-rf 9x9x9",
    "seconds without a hop": "--target-rf 1s",
    "output 0": "--output-size 0",
    "output upside down": "--output-size 9..3",
    "output of words": "--output-size small",
    "output too large": "--output-size 20000001",
    "an unknown rounding": "--rounding up",
    "bytes 0": "--bytes-per-value 0",
    "too many bytes": "--bytes-per-value 1025",
    "a budget below 0": "--max-macs -1",
    "a budget of words": "--max-macs few",
    "a budget upside down": "--min-macs 5 --max-macs 3",
    "a budget too large": "--max-macs 10E",
    "a fractional budget of whole numbers": "--max-macs 1.5",
    "a budget of a broken fraction": "--max-erf-variance 1/0",
    "an unknown budget": "--max-flops 3",
    "an unknown cost of the ranking": "--rank-by flops",
    "a cost twice in the ranking": "--rank-by macs,max:macs",
    "a front of one": "--front macs",
    "a ranking by changes": "--rank-by changes",
    "changes of nothing": "--changes 2",
    "top below 0": "--top -1",
    "too long a list": "--top 100001",
    "an unknown distinct": "--distinct rows",
    "a broken condition": "--where macs>",
    "a condition on an unknown column": "--where flops>3",
    "a condition on a count": "--count --where macs>3",
    "an unknown format": "--format xml",
    "a file of an unknown folder": "-o nowhere/found.json",
    "a count as rows": "--count --format csv",
    "threads 0": "--threads 0",
    "memory 0": "--memory-limit 0",
    "a time limit below 0": "--time-limit -1",
    "an unknown flag": "--kernels 3",
    "a stray word": "stray",
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_flags_are_refused_in_the_same_words(name):
    """Exit code 2, nothing on stdout, one line on stderr: whether or not a default is said."""
    words = [*flags(SMALL | ASKED), *REFUSED[name].split()]
    first, second = said(*words), said(*words, "--bias", "true")
    assert (first.code, first.out) == (second.code, second.out) == (2, "")
    assert len(first.err.splitlines()) == 1
    assert first.err == second.err


def test_the_deepest_stacks_are_counted_in_both():
    """Depths are bits of one word of 64."""
    words = [*flags(SMALL | ASKED | {"depth": (1, 64)}), "--kernel", "2", "--count"]
    first, second = said(*words), said(*words, "--bias", "true")
    assert first.code == second.code == 0
    assert first.lines[1] == second.lines[1]
