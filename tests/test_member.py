"""Membership: a stack is a member just where a listing of the space has it; else it hears why."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import build_onnx
import naive_notation as notation
import naive_stages
import pytest
from conftest import often
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from spaces import EXAMPLES, held
from staged_spaces import questions

import rfsearch
from rfsearch.cli import main
from rfsearch.layers.notation import parse_stack
from rfsearch.request.query import Query
from rfsearch.why.member.member import membership

CONFIGS = Path(__file__).parent.parent / "configs"
HEAD = "GAP-10FC"
# A question takes longer to draw and to list than to answer.
held_shortly = settings(held, max_examples=often(8, EXAMPLES // 2))


def asked(question):
    """The package's space, and the question as `StagedSpace.search` would take it."""
    space = question.staged
    with pytest.MonkeyPatch.context() as patch:
        found = {}
        patch.setattr(
            type(space), "search", lambda self, *a, **k: found.update(query=(a, k)), raising=True
        )
        question.search()
    (inputs, target), rest = found["query"]
    return space, Query.of(space.axes, inputs, target, **rest)


@held_shortly
@given(question=questions(), data=st.data())
def test_what_is_listed_is_a_member_at_the_inputs_where_it_matches(question, data):
    """Every stack of the space, and of its inputs those where sizes, target and budgets hold."""
    assume(question.rows)
    space, query = asked(question)
    stack = data.draw(st.sampled_from([row.stack for row in question.rows]))
    found = membership(space, query, parse_stack(stack))
    assert found.refused == ()
    alike = [row for row in question.rows if row.stack == stack]
    inputs = [row.input for row in alike if naive_stages.is_match(question.query, row)]
    assert [one.sizes for one in found.fitting] == inputs
    assert found.is_member == bool(inputs)


@held_shortly
@given(question=questions(), data=st.data())
def test_a_stack_with_another_number_is_refused_unless_the_space_has_it_too(question, data):
    """One number of a stack of the space is changed; whoever is refused hears at least one line."""
    assume(question.bodies)
    space, query = asked(question)
    stem, head = notation.read(question.space.stem), notation.read(question.space.head)
    texts = [notation.write(stem + body + head) for body in question.bodies]
    text = data.draw(st.sampled_from(texts))
    places = [found.span() for found in re.finditer(r"\d+", text)]
    start, end = data.draw(st.sampled_from(places))
    other = f"{text[:start]}{data.draw(st.integers(1, 8))}{text[end:]}"
    try:
        stack = parse_stack(other)
    except rfsearch.UsageError:
        assume(False)
    found = membership(space, query, stack)
    assert (not found.refused) == (stack in set(map(parse_stack, texts)))
    assert all(line.strip() for line in found.refused)


def refused(space, stack, input=64, **question):
    """The lines that say why a space has no such stack."""
    query = Query.of(space.axes, input, **{"rounding": "floor"} | question)
    return list(membership(space, query, parse_stack(stack)).refused)


PLAIN = rfsearch.StagedSpace(
    [
        {
            "repeat": 2,
            "slot": [
                {"kernel": [1, 3], "channels": [8, 16], "repeat": "1..2", "uniform": ["channels"]},
                {"op": "maxpool", "kernel": 2, "stride": 2, "padding": 0},
            ],
        }
    ],
    never_falls=["channels"],
)
BLOCKS = rfsearch.StagedSpace(
    [
        {
            "repeat": "1..2",
            "uniform": ["t"],
            "slot": [
                {"block": "mb", "s": 2, "c": [8, 16]},
                {"block": ["mb", "plain"], "s": 1, "c": "keep", "repeat": "0..2"},
            ],
        }
    ],
    block={
        "mb": {"stack": "I({in*t}C1N-DW{k}S{s}P{k//2}N-{c}C1N)", "t": [2, 3], "k": [3, 5]},
        "plain": {"stack": "DW{k}P{k//2}N-{c}C1N", "k": [3, 7]},
    },
    stem="8C3S2P1N",
    head=HEAD,
)


@pytest.mark.parametrize(
    ("stack", "line"),
    [
        (
            "8C5P2-MP2S2-8C3P1-MP2S2",
            "item 1 (8C5P2): stage[0].slot[0].kernel: 5 is not one of 1, 3",
        ),
        (
            "8C3-MP2S2-8C3P1-MP2S2",
            "item 1 (8C3): stage[0].slot[0].padding: 0 is not one of 1",
        ),
        (
            "8C3S2P1-MP2S2-8C3P1-MP2S2",
            "item 1 (8C3S2P1): stage[0].slot[0].stride: 2 is not one of 1",
        ),
        (
            "12C3P2D2-MP2S2-8C3P1-MP2S2",
            "item 1 (12C3P2D2): stage[0].slot[0].dilation: 2 is not one of 1; "
            "stage[0].slot[0].channels: 12 is not one of 8, 16",
        ),
        ("8C3P1N-MP2S2", "item 1 (8C3P1N): norm: it has a batch norm (N), and the space no norm"),
        ("8C3P1B0-MP2S2", "item 1 (8C3P1B0): bias: it has no bias (B0), and the space's layers"),
        ("8C3P1-MP2S2U", "item 2 (MP2S2U): rounding: this takes no pool with U"),
        (
            "8C3P1-16C3P1-MP2S2",
            "item 2 (16C3P1): stage[0].slot[0].uniform: channels 16 after 8",
        ),
        ("16C3P1-MP2S2-8C3P1-MP2S2", "item 3 (8C3P1): never_falls: channels 8 after 16"),
        (
            "8C1-8C1-8C1-MP2S2",
            "item 3 (8C1): stage[0].slot[0].repeat: at most 2, and this would be one more",
        ),
        (
            "8C1-MP2S2-8C1-MP2S2-8C1-MP2S2",
            "item 5 (8C1): stage[0].repeat: at most 2, and this would be one more",
        ),
        (
            "MP2S2-8C1-MP2S2",
            "item 1 (MP2S2): stage[0].slot[0]: has to come before stage[0].slot[1], which would "
            "take it",
        ),
        ("8C1-MP2S2-8C1", "the body ends after item 3: stage[0].slot[1]: has to follow"),
        ("8C1-MP2S2", "the body ends after item 2: stage[0].repeat: 1 so far, at least 2"),
        ("8C1-R(8C3P1)-MP2S2", "item 2 (R(8C3P1)): stage[0].slot[0].op: a block is not one of"),
        ("8C1-8DW3P1-MP2S2", "item 2 (8DW3P1): stage[0].slot[0].op: depthwise is not one of conv"),
        ("8C1-UP2-MP2S2", "item 2 (UP2): stage[0].slot[0].op: upsample is not one of conv"),
    ],
)
def test_the_item_the_slot_and_the_property_are_named(stack, line):
    assert refused(PLAIN, stack)[0].startswith(line)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            "I(16C1N-DW7S2P3N-8C1N)",
            "item 2 (I(16C1N-DW7S2P3N-8C1N)): stage[0].slot[0].k: 7 is not one of 3, 5",
        ),
        (
            "I(40C1N-DW7S2P3N-8C1N)",
            "item 2 (I(40C1N-DW7S2P3N-8C1N)): stage[0].slot[0].k: 7 is not one of 3, 5; "
            "stage[0].slot[0].t: 5 is not one of 2, 3",
        ),
        (
            "I(16C1N-DW3S2P1N-12C1N)",
            "item 2 (I(16C1N-DW3S2P1N-12C1N)): stage[0].slot[0].c: 12 is not one of 8, 16",
        ),
        (
            "I(16C1N-DW3S2N-8C1N)",
            "item 2 (I(16C1N-DW3S2N-8C1N)): stage[0].slot[0].block: no filling of the block is "
            "this; the nearest is I(16C1N-DW3S2P1N-8C1N)",
        ),
        (
            "I(16C1N-DW3S2P1N-8C1N)-I(24C1N-DW3P1N-8C1N)",
            "item 3 (I(24C1N-DW3P1N-8C1N)): stage[0].uniform: t 3 after 2",
        ),
        (
            "I(16C1N-DW3S2P1N-8C1N)-DW5P2N-8C1N",
            "item 3 (DW5P2N): stage[0].slot[1].k: 5 is not one of 3, 7",
        ),
        (
            "I(16C1N-DW3S2P1N-8C1N)-DW7P3N-16C1N",
            "item 3 (DW7P3N): stage[0].slot[1].c: 16 is not one of 8",
        ),
        (
            "I(16C1N-DW3S2P1N-8C1N)-DW7P3N",
            "the body ends after item 3: stage[0].slot[1]: its block goes on with 8C1N",
        ),
        (
            "64C3P1",
            "item 2 (64C3P1): stage[0].slot[0].block: it takes blocks like I(16C1N-DW3S2P1N-8C1N)",
        ),
    ],
)
def test_a_block_names_the_hole_that_differs(body, line):
    assert refused(BLOCKS, f"8C3S2P1N-{body}-{HEAD}") == [line]


def test_stem_and_head_are_named_where_the_stack_has_others():
    assert refused(BLOCKS, "8C5S2P2N-I(16C1N-DW3S2P1N-8C1N)") == [
        "stem: the stack begins with 8C5S2P2N, not 8C3S2P1N",
        "head: the stack ends in 8C5S2P2N-I(16C1N-DW3S2P1N-8C1N), not GAP-10FC",
    ]


def test_a_width_that_is_kept_need_not_be_written():
    assert refused(PLAIN, "8C3P1-C1-MP2S2-C3P1-MP2S2") == []
    assert refused(BLOCKS, f"8C3S2P1N-I(16C1N-16DW3S2P1N-C1N)-{HEAD}") == []
    assert refused(BLOCKS, f"8C3S2P1N-I(16C1N-16DW3S2P1N-8C1N)-{HEAD}") == []


def test_blocks_of_a_video_stride_in_space_alone():
    blocks = {"r": {"stack": "R({c}C3S1x2x2P1-{c}C3P1)", "c": [4, 8]}}
    space = rfsearch.StagedSpace([{"block": "r", "repeat": "1..2"}], blocks, axes=3)
    assert space.candidates == space.search("8x16x16", rounding="floor").count() == 2 + 4
    found = membership(
        space,
        Query.of(3, "8x16x16", "..9x..99x..99", rounding="floor"),
        parse_stack("R(4C3S1x2x2P1-4C3P1)-R(8C3S1x2x2P1-8C3P1)"),
    )
    assert found.is_member


def test_pools_carry_u_under_ceil():
    assert refused(PLAIN, "8C1-MP2S2U-8C1-MP2S2U", rounding="ceil") == []
    assert refused(PLAIN, "8C1-MP2S2-8C1-MP2S2", rounding="ceil")[0].startswith(
        "item 2 (MP2S2): rounding: ceil writes U on every pool"
    )


def missed(stack, input=64, space=PLAIN, **question):
    """What a stack misses of a question, input by input."""
    query = Query.of(space.axes, input, **{"rounding": "floor"} | question)
    return [list(one.missed) for one in membership(space, query, parse_stack(stack)).inputs]


STACK = "8C3P1-MP2S2-16C3P1-MP2S2"  # RF 1 + 2 + 1 + 4 + 2 = 10


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        ({"target_rf": 10, "output_size": 16}, []),
        ({"target_rf": 11}, ["RF 10 is not 11"]),
        ({"target_rf": "12.."}, ["RF 10 is not in 12.."]),
        ({"output_size": "17..20"}, ["output size 16 is not in 17..20"]),
        ({"max_depth": 4}, []),
        ({"max_depth": 3}, ["depth 4 is above max_depth, 3"]),
        ({"max_params": 1392}, []),
        ({"max_params": 1391}, ["params 1,392 is above max_params, 1,391"]),
        ({"min_macs": 2_064_384}, []),
        ({"min_macs": 2_064_385}, ["macs 2,064,384 is below min_macs, 2,064,385"]),
        ({"max_weight_memory": 1391, "bytes": {"weight": 1}}, ["weight memory 1,392 is above"]),
        ({"max_peak_memory": 180_224}, []),
        (
            {"max_peak_memory": 180_324, "reserve": 101},
            ["peak memory 180,224 is above max_peak_memory less the reserve, 180,223"],
        ),
        ({"min_entropy": 8, "max_entropy": 9}, ["entropy 7.57250298 is below min_entropy, 8"]),
    ],
)
def test_target_and_budgets_hold_to_the_last_unit(question, lines):
    (found,) = missed(STACK, **question)
    assert len(found) == len(lines)
    assert all(one.startswith(line) for one, line in zip(found, lines, strict=True))


def test_exact_sizes_leave_no_remainder_and_some_inputs_may_fit_alone():
    assert missed(STACK, [62, 64, 66], rounding="exact") == [
        ["exact sizes: MP2S2 leaves a remainder of 31"],
        [],
        ["exact sizes: MP2S2 leaves a remainder of 33"],
    ]


def test_costs_that_no_network_totals_are_asked_of_the_engine():
    found = PLAIN.search(64, rounding="floor").top(1, by=["max:erf_variance"], distinct="none")
    stack = found["stack"][0]
    variance = Fraction(found["erf_variance"][0]).limit_denominator(24)
    assert missed(stack, min_erf_variance=variance) == [[]]
    ((line,),) = missed(stack, min_erf_variance=variance + 1)
    assert line.startswith("erf variance")


# The command


def show(capsys, *words):
    code = main(["show", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_screen_ends_in_yes_or_in_what_refuses(capsys):
    code, out, err = show(capsys, "vgg16", "--in", str(CONFIGS / "vgg.toml"))
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("vgg16: input 224")
    assert out.splitlines()[-1].endswith("vgg.toml: yes, at input 224")
    code, out, _ = show(capsys, "vgg19", "--in", str(CONFIGS / "vgg.toml"))
    assert code == 1
    assert out.splitlines()[-4].endswith("vgg.toml: no")
    assert out.splitlines()[-3:] == [
        "  item 10 (256C3P1): stage[0].slot[0].repeat: at most 3, and this would be one more",
        "  input 224: RF 268 is not 212",
        "  input 224: macs 19,632,062,464 is above max_macs, 15,500,000,000",
    ]


def test_json_has_the_verdict_beside_the_network(capsys):
    code, out, _ = show(
        capsys, "mobilenet_v2", "--in", str(CONFIGS / "mobilenet.toml"), "--format", "json"
    )
    document = json.loads(out)
    assert code == 0
    assert document["input"] == 224
    assert document["member"]["is_member"] is True
    assert document["member"]["refused"] == []
    assert [one["input"] for one in document["member"]["inputs"]] == [128, 160, 192, 224]


def test_rows_stay_rows_and_the_verdict_goes_to_stderr(capsys):
    code, out, err = show(
        capsys, "resnet34", "--in", str(CONFIGS / "resnet.toml"), "--format", "csv"
    )
    assert code == 1
    assert len(out.splitlines()) == 1 + len(rfsearch.parse("resnet34").rows)
    assert err.splitlines()[-1] == "  input 224: RF 899 is not in 427..435"


def test_an_input_given_stands_for_the_file_s(capsys):
    code, out, _ = show(capsys, "vgg16", "--in", str(CONFIGS / "vgg.toml"), "--input", "230")
    assert code == 1
    assert out.splitlines()[0].startswith("vgg16: input 230")
    assert "  input 230: exact sizes: MP2S2 leaves a remainder of 115" in out.splitlines()


def test_an_input_at_which_a_stack_is_invalid_leaves_the_verdict_alone(capsys):
    code, out, _ = show(capsys, "vgg16", "--in", str(CONFIGS / "vgg.toml"), "--input", "8")
    assert code == 1
    assert [line.strip()[:15] for line in out.splitlines()[1:]] == ["input 8: layer "]


@pytest.mark.parametrize(
    ("stack", "code", "line"),
    [
        ("64C11S3-128C3S3P1-256C3S3P1-256C7-256C2", 0, "yes, at input 227"),
        (
            "64C11S3-128C3S3P1-256C3S3P1-256C13P6-256C2",
            1,
            "item 4 (256C13P6): kernel: 13 is not one of 1, 2, 3, 5, 7, 11",
        ),
        ("64C11S3-96C3S3P1", 1, "item 2 (96C3S3P1): channels: 96 is not one of 128"),
        ("-".join(["64C1"] * 11), 1, "item 11 (64C1): depth: at most 10, and this would be one"),
    ],
)
def test_a_plain_config_names_its_own_keys(stack, code, line, capsys):
    returned, out, _ = show(capsys, stack, "--in", str(CONFIGS / "main.toml"))
    assert returned == code
    assert line in out


def test_a_file_that_cannot_be_read_names_the_flag(capsys):
    code, _, err = show(capsys, "vgg16", "--in", "nowhere.toml")
    assert code == 2
    assert err.startswith("rfsearch: --in: nowhere.toml: ")


def test_an_onnx_file_is_a_member_by_the_notation_that_it_carries(tmp_path, capsys):
    file = str(tmp_path / "net.onnx")
    assert main(["export", "64C11S3-128C3S3P1", "--to", "onnx", "-o", file]) == 0
    capsys.readouterr()
    code, out, _ = show(capsys, file, "--in", str(CONFIGS / "main.toml"))
    assert code == 1
    assert "  input 227: RF 17 is not 224" in out.splitlines()


def test_an_onnx_file_without_notation_is_told_so(tmp_path, capsys):
    path = tmp_path / "sums.onnx"
    build_onnx.write_beyond_notation(path)
    code, _, err = show(capsys, str(path), "--in", str(CONFIGS / "main.toml"))
    assert code == 2
    assert "carries no notation" in err
