"""A table of bad inputs: each is one line on stderr that names the place, and exit code 2."""

import shlex

import pytest

from rfsearch.cli import main

ASKED = "--target-rf 224 --input 227 "


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "--target-rf and --input: not given"),
        ("--input 227", "--target-rf: not given"),
        # zero, negative, huge
        ("--target-rf 0 --input 227", "--target-rf: 0 is not ≥ 1"),
        ("--target-rf 224 --input 0", "--input: 0 is not ≥ 1"),
        ("--target-rf 224 --input -5", "--input: -5 is not ≥ 1"),
        ("--target-rf 224 --input 65537", "--input: 65537 is not ≤ 65536"),
        ("--target-rf 224 --input " + "9" * 5000, "--input: 999999999999… is too large"),
        ("--target-rf 99999999999 --input 227", "--target-rf: 99999999999 is not ≤ "),
        (ASKED + "--kernel 0", "--kernel: 0 is not ≥ 1"),
        (ASKED + "--kernel 1,-3", "--kernel: -3 is not ≥ 1"),
        (ASKED + "--kernel 100000", "--kernel: 100000 is not ≤ 65536"),
        (ASKED + "--kernel 1..1000000000", "--kernel: 1..1000000000 makes a list of more than"),
        (ASKED + "--stride 0", "--stride: 0 is not ≥ 1"),
        (ASKED + "--padding -1", "--padding: -1 is not ≥ 0"),
        (ASKED + "--padding -1,2", "--padding: -1 is not ≥ 0"),
        (ASKED + "--dilation 0", "--dilation: 0 is not ≥ 1"),
        (ASKED + "--depth 0", "--depth: 0 is not ≥ 1"),
        (ASKED + "--depth 0..3", "--depth: 0 is not ≥ 1"),
        (ASKED + "--depth 65", "--depth: 65 is not ≤ 64"),
        (ASKED + "--input-channels 0", "--input-channels: 0 is not ≥ 1"),
        (ASKED + "--channels 0", "--channels: 0 is not in 1.."),
        (ASKED + "--bytes-per-value 0", "--bytes-per-value: 0 is not ≥ 1"),
        (ASKED + "--output-size 0", "--output-size: 0 is not ≥ 1"),
        (ASKED + "--top -1", "--top: -1 is not ≥ 0"),
        (ASKED + "--top 100001", "--top: 100001 is not ≤ 100000"),
        (ASKED + "--memory-limit 0", "--memory-limit: 0 is not ≥ 1"),
        (ASKED + "--threads 0", "--threads: 0 is not ≥ 1"),
        (ASKED + "--max-macs -1", "--max-macs: -1 is not ≥ 0"),
        (ASKED + "--max-macs 1e30", "--max-macs: 1e30 is not a whole number"),
        (ASKED + "--max-macs 9999999999G", "--max-macs: 9999999999000000000 is not ≤ "),
        # empty, not a number, the wrong type
        ("--target-rf 3x --input 16 --axes 2", "--target-rf: '3x' is not a number or a range"),
        (ASKED + "--kernel ''", "--kernel: the list is empty"),
        (ASKED + "--kernel ,", "--kernel: nothing is not a whole number"),
        (ASKED + "--op ''", "--op: the list is empty"),
        (ASKED + "--rank-by ''", "--rank-by: the list is empty"),
        (ASKED + "--input nan", "--input: nan is not a whole number"),
        (ASKED + "--input 22.5", "--input: 22.5 is not a whole number"),
        (ASKED + "--kernel 1,x", "--kernel: x is not a whole number"),
        (ASKED + "--max-erf-variance nan", "--max-erf-variance: nan is not a number"),
        (ASKED + "--max-erf-variance 1/0", "--max-erf-variance: 1/0 divides by 0"),
        (ASKED + "--channels double:64", "--channels: 'double:64' is not of the form"),
        (ASKED + "--channels double:64:8", "--channels: in 'double:64:8' the cap 8 is below"),
        (ASKED + "--channels wide", "--channels: 'wide' is not a whole number"),
        (ASKED + "--channels triple:3:4", "'triple:3:4' is not of the form double:FIRST:CAP"),
        (ASKED + "--channels doubled:3:4", "'doubled:3:4' is not of the form double:FIRST:CAP"),
        (ASKED + "--axes 1 --channels triple:3:4", "is not of the form double:FIRST:CAP"),
        # bytes where there are none, and none where there are
        (ASKED + "--max-macs 3MB", "--max-macs: 3MB is in bytes; did you mean 3M?"),
        (ASKED + "--min-params 3KiB", "--min-params: 3KiB is in bytes; did you mean 3Ki?"),
        (ASKED + "--max-entropy 3B", "--max-entropy: 3B is in bytes; did you mean 3?"),
        (ASKED + "--kernel 1..3B", "--kernel: 3B is in bytes; did you mean 3?"),
        (ASKED + "--reserve 9KiB", "--reserve: 9216 is taken off max_peak_memory and max_memory"),
        (ASKED + "--reserve 9 --min-memory 99 --max-weight-memory 9MB", "and there is neither"),
        # upside down, unknown, contradictory
        ("--target-rf 240..200 --input 227", "--target-rf: 240..200 is upside down"),
        (ASKED + "--depth 5..3", "--depth: 5..3 is upside down; did you mean 3..5?"),
        (ASKED + "--max-macs 1 --min-macs 2", "--min-macs: 2 is above max_macs, 1"),
        (ASKED + "--op pool", "--op: 'pool' is not one of conv, depthwise, maxpool, avgpool"),
        (ASKED + "--rounding round", "--rounding: round is not one of exact, floor, ceil"),
        (ASKED + "--distinct some", "--distinct: some is not one of family, costs, none"),
        (ASKED + "--format xml", "--format: xml is not one of table, json"),
        (ASKED + "--rank-by flops", "--rank-by: flops is not a cost; one of depth, params"),
        (ASKED + "--rank-by flops", "coverage; of the networks like one also changes"),
        (ASKED + "--never-falls foo", "--never-falls: foo is not a property; known are channels"),
        (ASKED + "--never-grows kernal", "--never-grows: kernal is not a property; did you mean k"),
        (ASKED + "--rank-by macs,max:macs", "--rank-by: macs,max:macs names a cost twice"),
        (ASKED + "--front memory", "--front: memory is not 2 to 4 costs"),
        (ASKED + "--front memory,macs,params,depth,activations", "is not 2 to 4 costs"),
        (ASKED + "--kernal 3", "--kernal: no such flag; did you mean --kernel?"),
        (ASKED + "--max-flops 3", "--max-flops: no such flag; did you mean --max-"),
        (ASKED + "shw", "shw: no such word"),
        ("verify 8C3 8C5", "8C5: one too many; rfsearch verify takes "),
        ("show 8C3 8C5", "8C5: one too many; rfsearch show takes STACK|NAME"),
        (ASKED + "--kernel", "--kernel: expected one argument"),
        (ASKED + "--count --format csv", "--format: csv holds rows, and --count lists none"),
        (ASKED + "--count --where 'depth < 3'", "--where: filters listed rows"),
        (ASKED + "--where 'depth <'", "--where: depth <: "),
        (ASKED + "--where 'flops < 3'", "--where: flops < 3: "),
        (ASKED + "--where 'depth'", "--where: depth"),
        (ASKED + "--allow-wide-padding", "--padding: wide paddings have no end of their own"),
        (ASKED + "--kernel 1 --op maxpool", "--kernel: these choices leave no layer at all"),
        # numbers for other axes than the input has
        (ASKED + "--stem SE3x1-4C3", "--stem: the reduction of SE is one number"),
        (ASKED + "--stem 'P3x2x2(8C3)'", "--stem: 3 numbers of patches for 2 axes"),
        # files
        ("--config no-such.toml", "--config: no-such.toml: No such file"),
        ("--config vgg", "--config: vgg: No such file or directory; rfsearch init vgg writes"),
        ("--config 'two\nlines'", "--config: two\\nlines: No such file"),
        ("--input 5 --target-rf '3\x1b'", "--target-rf: 3\\x1b is not a whole number"),
        (ASKED + "-o no-such-folder/x.json", "there is no folder no-such-folder"),
        (ASKED + "-o .", "--output: . is a folder"),
        (ASKED + "--min-macs 5M --max-macs 3M", "--min-macs: 5,000,000 is above max_macs"),
        (ASKED + "--kernel 1..65536", "--kernel: with strides, paddings and dilations"),
        (ASKED + "--time-limit -1", "--time-limit: -1 is not ≥ 0"),
        ("reach --input 64 --time-limit 3", "--time-limit: not for reach"),
        # a cost that int64 cannot hold
        (
            "--target-rf 65000 --input 65536 --kernel 65000 --stride 1 --padding 0 "
            "--channels 1048576 --input-channels 1048576 --depth 1",
            "passes 2^56",
        ),
    ],
)
def test_a_bad_input_is_one_line_and_exit_2(line, words, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code = main(shlex.split(line))
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    # Whoever asks first on a machine is told of the compiling, too.
    said = [text for text in err.splitlines() if ": compiling, " not in text]
    assert len(said) == 1 and said[0].startswith("rfsearch: ")
    assert words in said[0]
    assert not list(tmp_path.iterdir())


def test_a_budget_on_a_score_of_staged_spaces_is_shown(capsys):
    line = "--target-rf 5 --input 16 --kernel 3 --stride 1 --depth 1..2 --min-deepmad 3 --count"
    main(shlex.split(line))
    assert "deepmad ≥ 3" in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_refused_before_the_search(capsys, tmp_path):
    code = main(shlex.split(ASKED + "-o /proc/no/x.json"))
    assert code == 2
    assert "/proc/no" in capsys.readouterr().err


@pytest.mark.parametrize("stack", ["", "3", "64Q3", "64C9", "MP1", "64C3-", "64C3P1x2)"])
def test_show_refuses_what_is_no_stack_or_does_not_fit(stack, capsys):
    code = main(["show", stack, "--input", "4"])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("rfsearch: ") and err.count("\n") == 1
