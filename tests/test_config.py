"""The TOML file: the same keys as the flags, the same values, the same errors."""

from pathlib import Path

import pytest

from rfsearch.cli.source import content
from rfsearch.errors import UsageError
from rfsearch.request import config
from rfsearch.request.options import OPTIONS, defaults
from rfsearch.request.query import Query
from rfsearch.request.request import Request
from rfsearch.request.running import MEMORY_LIMIT
from rfsearch.space.space import Space

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.toml"))


def read(path):
    return config.options(content(path), path)


def written(folder, text):
    path = folder / "my.toml"
    path.write_text(text)
    return str(path)


def test_the_table_of_options_repeats_the_defaults_of_space_and_query():
    request = Request.of({"target_rf": 224, "input": 227})
    assert request.space() == Space()
    assert request.query(Space()) == Query.of(2, 227, 224)
    assert request["memory_limit"] == MEMORY_LIMIT


def test_main_toml_is_the_defaults_in_every_key_it_has():
    said = read(str(CONFIGS[0].parent / "main.toml"))
    assert (said.pop("target_rf"), said.pop("input")) == (224, 227)
    # Under the rule of paddings, 0..5 and "all of them" are the same layers.
    written = Space(padding=said.pop("padding"))._control(loops=True)
    assert written.arcs == Space()._control(loops=True).arcs
    assert said == {name: defaults()[name] for name in said}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_file_in_configs_asks_a_valid_question(path):
    request = Request.of({}, str(path), read(str(path)))
    space = request.space()
    assert space.candidates > 0
    assert all(len(sizes) == space.axes for sizes in request.query(space).inputs)


def test_every_flag_has_its_key_and_reads_the_same_in_both(tmp_path):
    path = written(
        tmp_path,
        'target_rf = "200..240"\ninput = 227\nkernel = "1..3"\nstride = [1, 2]\n'
        'padding = [0, "same"]\nmax_macs = "1.5G"\nmin_erf_variance = "1/3"\n'
        'rank_by = "max:params,macs"\nallow_gaps = true\nchannels = [32, 64]\ntop = 5\n',
    )
    from rfsearch.cli.parser import given, search_parser

    flags = (
        "--target-rf 200..240 --input 227 --kernel 1..3 --stride 1,2 --padding 0,same "
        "--max-macs 1.5G --min-erf-variance 1/3 --rank-by max:params,macs --allow-gaps "
        "--channels 32,64 --top 5"
    )
    typed, filed = given(search_parser("").parse_args(flags.split())), read(path)
    assert Space(channels=typed.pop("channels")) == Space(channels=filed.pop("channels"))
    assert typed == filed
    assert {option.flag for option in OPTIONS.values()} == {
        "--" + name.replace("_", "-") for name in OPTIONS
    }


def test_flags_override_the_file(tmp_path):
    path = written(tmp_path, "target_rf = 10\ninput = 20\ntop = 3\n")
    request = Request.of({"input": 30}, path, read(path))
    assert (request["target_rf"], request["input"], request["top"]) == (10, 30, 3)
    assert request.said_in_file == {"target_rf", "top"}


def test_an_error_of_the_space_names_the_file_or_the_flag_that_said_it(tmp_path):
    path = written(tmp_path, "target_rf = 10\ninput = 20\nkernel = [3, 0]\n")
    with pytest.raises(UsageError, match=rf"^{path}: kernel: 0 is not ≥ 1$"):
        Request.of({}, path, read(path)).space()
    with pytest.raises(UsageError, match=r"^--kernel: 0 is not ≥ 1$"):
        Request.of({"kernel": [0]}, path, read(path)).space()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kernal = [1]", "kernal: no such key; did you mean kernel?"),
        ("max-macs = 1", "max-macs: no such key; did you mean max_macs?"),
        ("zzz = 1", "zzz: no such key"),
        ("kernel = [1, 'x']", "kernel[1]: x is not a whole number"),
        ("top = nan", "top: nan is not a whole number"),
        ("depth = true", "depth: true is not a whole number"),
        ("count = 1", "count: 1 is not true or false"),
        ("kernel = [", "not TOML: "),
        ("a = " + "9" * 5000, "not TOML: "),
        ("x = " + "[" * 5000, "not TOML: "),
        ("rounding = 'round'", "rounding: round is not one of exact, floor, ceil"),
        ("rank_by = ['flops']", "rank_by: flops is not a cost; one of "),
        ("[kernel]\nx = 1", "kernel: {'x': 1} is not a whole number"),
    ],
)
def test_a_wrong_file_is_one_line_with_the_place_and_the_value(tmp_path, text, words):
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[stage]]\nop = [[]]", "stage[0].op: [] is not one of conv, depthwise"),
        ("[[stage]]\nop = [{ a = 1 }]", "stage[0].op: {'a': 1} is not one of conv, depthwise"),
        ("block = 'res'", "block: blocks stand in slots, and there is no [[stage]]"),
    ],
)
def test_a_wrong_staged_space_names_its_place(tmp_path, text, words):
    path = written(tmp_path, "target_rf = 3\ninput = 16\n" + text)
    with pytest.raises(UsageError) as caught:
        Request.of({}, path, read(path)).space()
    assert words in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"no-such\.toml: No such file"):
        read(str(tmp_path / "no-such.toml"))
    with pytest.raises(UsageError, match="Is a directory"):
        read(str(tmp_path))
    broken = tmp_path / "bytes.toml"
    broken.write_bytes(b"input = 1\n\xff")
    with pytest.raises(UsageError, match="byte 10 is not UTF-8"):
        read(str(broken))
