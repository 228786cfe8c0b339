"""The number of threads changes nothing but the time."""

import json
import shlex

import pytest

from rfsearch.cli import main

SMALL = "--input 33 --target-rf 15 --kernel 1,3 --stride 1,2 --padding 0,1 --depth 1..5"


def document(line, threads, capsys):
    main([*shlex.split(line), "--format", "json", "--threads", str(threads)])
    text = capsys.readouterr().out
    body, seconds, _ = text.rpartition('"seconds"')
    assert seconds
    return body


@pytest.mark.parametrize(
    "line",
    [
        SMALL,
        SMALL + " --distinct none --rank-by max:params,macs --front params,max:erf_variance",
        SMALL + " --max-macs 20M --distinct costs",
        SMALL + " --op conv,maxpool --rounding ceil --target-rf 13..16",
        "--input 227 --target-rf 224 --kernel 3,5 --stride 2 --depth 1..4",
        pytest.param("--input 227 --target-rf 224", marks=pytest.mark.compiled),
        pytest.param(
            "--input 96 --target-rf 95 --rounding floor --op conv,maxpool --max-macs 1G --depth 5",
            marks=pytest.mark.compiled,
        ),
    ],
)
def test_one_and_two_threads_write_the_same_bytes(line, capsys):
    assert document(line, 1, capsys) == document(line, 2, capsys)


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_files_are_the_same_too(form, capsys, tmp_path):
    for threads in (1, 2):
        main([*SMALL.split(), "--threads", str(threads), "-o", str(tmp_path / f"{threads}.{form}")])
    first, second = (tmp_path / f"{threads}.{form}" for threads in (1, 2))
    assert first.read_bytes() == second.read_bytes()


def test_threads_are_no_part_of_the_question(capsys):
    assert "threads" not in json.loads(document(SMALL, 1, capsys).rstrip(" ,\n") + "}")["query"]
