"""The network object: figures over branches, memory, findings, errors, and what it imports."""

from __future__ import annotations

import re
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rfsearch

CHAINS = st.lists(
    st.builds(
        "{}{}S{}P{}{}".format,
        st.sampled_from(["8C", "DW"]),
        st.integers(2, 7),
        st.integers(1, 3),
        st.integers(0, 3),
        st.sampled_from(["", "D2", "D3"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(deadline=None)
@given(CHAINS)
def test_a_chain_has_the_figures_of_the_published_recurrences(layers):
    """Araujo et al. 2019, written out here once more in plain integers."""
    n, rf, jump, padding, centre2 = 500, 1, 1, 0, 0
    sizes = []
    for text in layers:
        kernel = int(text[2:].split("S")[0])
        stride = int(text.split("S")[1].split("P")[0])
        pad = int(text.split("P")[1].split("D")[0])
        dilation = int(text.split("P")[1].split("D")[1]) if "D" in text.split("P")[1] else 1
        growth = dilation * (kernel - 1)
        n = (n + 2 * pad - growth - 1) // stride + 1
        centre2 += (growth - 2 * pad) * jump
        padding += pad * jump
        rf += growth * jump
        jump *= stride
        sizes.append(n)
    if min(sizes) < 1:
        return
    net = rfsearch.parse("-".join(layers), 500)
    assert (net.output_size, net.rf, net.rf_min, net.jump) == (n, rf, rf, jump)
    assert (net.padding_total, net.centre * 2) == (padding, centre2)


def test_over_branches_the_rf_is_the_hull_and_the_smallest_that_of_the_shortest_path():
    net = rfsearch.parse("8C3P1-(C5P2-C3P1|C1|MP3S1P1)", 32)
    assert (net.rf, net.rf_min) == (9, 3)


def test_a_residual_block_without_stride_adds_its_input_and_with_one_a_projection():
    net = rfsearch.parse("16C3P1-R(16C3P1N-16C3P1N)-R(32C3S2P1N-32C3P1N)", 32)
    assert [row.layer for row in net] == [
        "16C3P1",
        "16C3P1N",
        "16C3P1N",
        "+",
        "32C3S2P1N",
        "32C3P1N",
        "32C1S2N",
        "+",
    ]
    assert (net.rf, net.rf_min, net.jump) == (13, 3, 2)


def test_an_inverted_block_has_no_skip_where_widths_or_stride_forbid_it():
    rows = list(rfsearch.parse("I(32C1-DW3P1-8C1)-I(32C1-DW3P1-8C1)-I(32C1-DW3S2P1-8C1)", 32, 3))
    assert [row.layer for row in rows].count("+") == 1


def test_a_transposed_convolution_makes_the_jump_a_fraction_and_the_rf_depend_on_the_phase():
    net = rfsearch.parse("8C3P1-8T4S2P1-8C3P1", 32)
    assert net.jump == Fraction(1, 2)
    assert net.output_size == 64
    uneven = rfsearch.parse("8C3P1-8T3S2", 32)
    assert uneven.features.fields[0].rf_of_phases == (4, 3)
    assert any("phase" in line for line in uneven.findings)


def test_peak_memory_counts_a_waiting_skip():
    """x and the first convolution, then x with both, then x's sum in place: 3 tensors at most."""
    net = rfsearch.parse("4C3P1-R(4C3P1-4C3P1)", 10, 4)
    tensor = 4 * 10 * 10 * 4
    assert [row.memory // tensor for row in net] == [2, 2, 3, 2]
    assert net.totals["peak_memory"] == 3 * tensor
    assert net.totals["memory"] == 5 * tensor


def test_peak_memory_of_a_block_runs_the_main_path_then_the_projection():
    net = rfsearch.parse("R(8C3P1-8C3P1)", 10, 4)
    unit = 10 * 10 * 4
    # input 4, then 8; 4 + 8 + 8; the first 8 is gone when the projection's 8 comes
    assert [row.memory // unit for row in net] == [12, 20, 20, 16]


def test_a_concatenation_needs_no_room_of_its_own():
    net = rfsearch.parse("(4C1|8C1)", 10, 3)
    unit = 10 * 10 * 4
    assert [row.memory // unit for row in net] == [7, 15, 12]
    assert [row.activations for row in net] == [400, 800, 0]


def test_a_tensor_kept_for_a_later_concatenation_stays_alive():
    net = rfsearch.parse("4C3P1-(ID|MP2S2-4C3P1-4T2S2)", 16, 4)
    big, small = 4 * 16 * 16 * 4, 4 * 8 * 8 * 4
    assert [row.memory for row in net] == [
        2 * big,
        big + small,
        big + 2 * small,
        2 * big + small,
        2 * big,
    ]


def test_bytes_per_value_scale_the_memory_and_nothing_else():
    one, four = (rfsearch.parse("8C3", 32, bytes_per_value=width) for width in (1, 4))
    assert four.totals["memory"] == 4 * one.totals["memory"]
    assert four.totals["activations"] == one.totals["activations"]


def test_axes_differ_where_kernels_or_the_input_do():
    net = rfsearch.parse("8C3x5S1x2", (20, 31))
    assert (net.rf, net.jump, net.output_size) == ((3, 5), (1, 2), (18, 14))
    assert rfsearch.parse("8C3x3", (20, 31)).rf == 3


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        (224, (224, 224)),
        ((16000,), (16000,)),
        ([4, 5, 6], (4, 5, 6)),
        ("224", (224, 224)),
        ("24x32", (24, 32)),
        ("1d:100", (100,)),
        ("3d:9", (9, 9, 9)),
    ],
)
def test_the_input_is_one_number_for_a_square_or_one_an_axis(given, sizes):
    assert rfsearch.parse("8C3", given).input == sizes


@pytest.mark.parametrize("given", [0, -1, 65_537, True, 2.5, "", "x", "4d:3", (1, 2, 3, 4), ()])
def test_an_input_that_is_no_size_is_refused_with_its_value(given):
    with pytest.raises(rfsearch.UsageError, match="input"):
        rfsearch.parse("8C3", given)


@pytest.mark.parametrize(
    ("text", "size", "reason"),
    [
        ("8C3-MP3S2", 4, "layer 2 (MP3S2): a window of 3 is larger than its padded input of 2"),
        ("8C3-R(8C3)", 9, "layers 2 to 2 (R(8C3)): branches of unequal size: 5×5 and 7×7"),
        ("(8C3|8C1)", 9, "branches of unequal size: 7×7 and 9×9"),
        ("(8C1+4C1)", 9, "branches of unequal channels: 8 and 4"),
        ("8C3G2", 9, "layer 1 (8C3G2): 2 groups do not divide 3 input and 8 output channels"),
        ("8C3x5x7", 9, "layer 1 (8C3x5x7): kernel has 3 numbers, the input 2 axes"),
        ("SUM", 9, "layer 1 (SUM): nothing has been put aside"),
        ("CROP9", 9, "a crop of 9 + 9 leaves nothing of 9"),
        ("SE8", 9, "layer 1 (SE8): 3 channels do not leave one of 8"),
        ("UP9999", 99, "output size 989901 is not ≤ 65536"),
        ("R(8T2S2)", 9, "its stride is not whole"),
        ("1000000000C3-1000000000C3", 99, "beyond 9223372036854775807"),
    ],
)
def test_a_layer_that_cannot_be_is_named(text, size, reason):
    with pytest.raises(rfsearch.UsageError) as raised:
        rfsearch.parse(text, size)
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("bad", [0, True, 1025, 2.0])
def test_bytes_per_value_outside_1_to_1024_are_refused(bad):
    with pytest.raises(rfsearch.UsageError, match="bytes_per_value"):
        rfsearch.parse("8C3", 32, bytes_per_value=bad)


@pytest.mark.parametrize(
    ("written", "name"),
    [("VGG-16", "vgg16"), ("AlexNet", "alexnet"), ("MobileNet-V2", "mobilenet_v2")],
)
def test_names_are_read_as_papers_write_them(written, name):
    assert rfsearch.parse(written).table().equals(rfsearch.parse(name).table())


@pytest.mark.parametrize(
    ("notation", "options", "place"),
    [
        (5, {}, "notation: 5"),
        (None, {}, "notation: None"),
        ("8C3", {"input_channels": 0}, "input_channels: 0"),
        ("8C3", {"input_channels": 2.5}, "input_channels: 2.5"),
        ("8C3", {"input_channels": True}, "input_channels: True"),
        ("8C3", {"input": None, "input_channels": 10**12}, "input_channels"),
    ],
)
def test_arguments_of_the_wrong_type_or_size_are_named(notation, options, place):
    with pytest.raises(rfsearch.UsageError, match=place):
        rfsearch.parse(notation, **options)


def findings(text, size):
    return "\n".join(rfsearch.parse(text, size).findings)


def test_224_with_alexnet_drops_a_row_and_a_column_and_227_is_near():
    found = findings("alexnet", 224)
    assert "row 1 (96C11S4) 1 of 224" in found
    assert "5 of 224 rows (219..223)" in found
    assert "every stride divides: 163, 195, 227, 259" in found
    assert "dropped" not in findings("alexnet", 227)


def test_an_rf_beyond_the_input_is_told_with_the_row_where_it_passes_it():
    assert "RF 212 is beyond the input of 128 from row" in findings("vgg16", 128)
    assert "unproductive" in findings("vgg16", 32)
    assert "beyond" not in findings("vgg16", 224)


def test_layers_are_unproductive_only_where_even_the_shortest_path_has_seen_the_input():
    """Richter et al. 2021: a layer is unproductive if its input's RF is beyond the image."""
    assert "unproductive" not in findings("8C3P1-R(8C9P4-8C9P4)-8C3P1", 12)
    assert "; 2 layers read only" in findings("8C9P4-8C9P4-8C3P1-8C3P1", 16)


def test_a_stride_over_its_window_skips_pixels():
    assert "8 of 16 rows" not in findings("8C2S2", 16)
    assert "8 of 16 rows" in findings("8C1S2", 16)


def test_dilations_without_a_common_cover_leave_a_grid():
    """Wang et al. 2018: dilations 2, 2, 2 see every second pixel, 1, 2, 5 all of them."""
    assert "sees 7 of the 13 positions" in findings("8C3P2D2-8C3P2D2-8C3P2D2", 64)
    assert "gridding" not in findings("8C3P1-8C3P2D2-8C3P5D5", 64)


def test_branches_that_do_not_meet_in_one_place_are_told():
    assert "not aligned" in findings("(8C3P0:2|8C3P1)", 32)
    assert "different jumps" in findings("(8C2S2|CROP8)", 32)
    assert "aligned" not in findings("inception_v3", 299)


def test_an_even_rf_has_no_middle_pixel():
    assert "even RF 2" in findings("8C2", 32)
    assert "even" not in findings("8C3", 32)


def test_layers_that_no_output_needs_are_left_out_and_told():
    net = rfsearch.parse("8C3P1-A(4C1)-8C3P1-SUM", 16)
    assert len(net) == 2
    assert any("left out" in line for line in net.findings)


@pytest.mark.parametrize("dead", ["BN", "BN-SCALE", "(BN-8C1|8C1)", "R(BN-8C1)", "(8C1|LN)"])
def test_a_norm_that_no_output_needs_is_not_counted_with_the_layer_before_it(dead):
    net = rfsearch.parse(f"8C3P1-A(4C1)-{dead}-CAT", 16)
    assert [row.params for row in net] == [3 * 9 * 8 + 8, 8 * 4 + 4]
    assert any("left out" in line for line in net.findings)


def test_norms_after_a_layer_that_no_output_needs_are_no_layers_of_their_own():
    (note,) = rfsearch.parse("8C3P1-A(4C1)-8C1-BN-SCALE-CAT", 16).notes
    assert "needs 1 layers, the first layer 3 (8C1)" in note
    assert f"{8 * 8 + 8 + 16 + 8} params" in note


@pytest.mark.parametrize("padding", ["P0", "P2", "P3:1", "P0:4", "Ps"])
@pytest.mark.parametrize("window", ["C1S3", "C2", "C3S2", "C5S4", "C3D3", "C4S2D2"])
def test_pixels_that_reach_an_output_are_those_that_its_windows_read(window, padding):
    net = rfsearch.parse(f"8{window}{padding}-MP2S2", (23,))
    kernel, stride, dilation = (
        int(found[1]) if (found := re.search(rf"{key}(\d+)", window)) else 1 for key in "CSD"
    )
    before = int(padding[1]) if padding != "Ps" else None
    if before is None:
        needed = (-(-23 // stride) - 1) * stride + dilation * (kernel - 1) + 1 - 23
        before = max(needed, 0) // 2
    for index in range(net.output_size):
        read = {
            (2 * index + place) * stride - before + tap * dilation
            for place in range(2)
            for tap in range(kernel)
        }
        assert net.reach((index,)) == (sorted(pixel for pixel in read if 0 <= pixel < 23),)


def test_the_head_belongs_to_the_totals_and_not_to_the_rf():
    with_head, without = rfsearch.parse("8C3-GAP-10FC", 32), rfsearch.parse("8C3", 32)
    assert with_head.rf == without.rf == 3
    assert with_head.totals["params"] == without.totals["params"] + 90
    assert with_head.totals["depth"] == without.totals["depth"] == 1


def test_an_output_outside_the_tensor_cannot_be_asked_for():
    with pytest.raises(rfsearch.UsageError, match="not within"):
        rfsearch.parse("8C3", 9).reach((7, 0))


def test_a_network_is_described_without_numpy_numba_or_polars():
    program = (
        "import sys, rfsearch\n"
        "assert rfsearch.parse('resnet50', 224).rf == 427\n"
        "assert rfsearch.parse('resnet50').findings\n"
        "heavy = {'numpy', 'numba', 'polars', 'rich', 'onnx', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_table_has_one_row_a_layer_and_the_declared_columns():
    import polars as pl

    table = rfsearch.parse("alexnet").table()
    assert table.height == 11
    assert table.schema == {
        "layer": pl.String,
        "output_size": pl.Int64,
        "channels": pl.Int64,
        "rf": pl.Int64,
        "rf_min": pl.Int64,
        "jump": pl.Int64,
        "centre": pl.Float64,
        "padding_total": pl.Int64,
        "padding_after": pl.Int64,
        "params": pl.Int64,
        "macs": pl.Int64,
        "activations": pl.Int64,
        "memory": pl.Int64,
        "rf_through_gates": pl.Boolean,
    }
    assert rfsearch.parse("8C3-UP2", 9).table()["jump"].to_list() == ["1", "1/2"]
    assert rfsearch.parse("8C3", (9, 8)).table()["output_size"].to_list() == [[7, 6]]
