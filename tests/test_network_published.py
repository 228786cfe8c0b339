"""The named networks show the figures that were published for them; each case cites its source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rfsearch
from rfsearch.network.names import published

SHARED = Path(__file__).parent / "cases" / "networks.json"

# Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill
# 2019, table of receptive field, effective stride and effective padding of TF-slim's networks.
DISTILL = {
    "alexnet": (195, 32, 64),
    "vgg16": (212, 32, 90),
    "mobilenet_v1": (315, 32, 126),
    "resnet50_tf": (483, 32, 239),
    "resnet101_tf": (1027, 32, 511),
    "resnet152_tf": (1507, 32, 751),
    "inception_v3": (1311, 32, 618),
}

# torchvision's weights metadata, "num_params" (models/*.py).
TORCHVISION_PARAMS = {
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "mobilenet_v2": 3_504_872,
    "efficientnet_b0": 5_288_548,
    "convnext_tiny": 28_589_128,
    "inception_v3_aux": 27_161_264,
}

# torchvision's weights metadata, "_ops": 10^9 multiply-accumulates, three decimals.
TORCHVISION_GMACS = {
    "vgg11": 7.609,
    "vgg13": 11.308,
    "vgg16": 15.470,
    "vgg19": 19.632,
    "resnet18": 1.814,
    "resnet34": 3.664,
    "resnet50": 4.089,
    "resnet101": 7.801,
    "resnet152": 11.514,
    "mobilenet_v2": 0.301,
    "efficientnet_b0": 0.386,
    "convnext_tiny": 4.456,
    "inception_v3": 5.713,
}

OTHER_PARAMS = {
    # keras.applications.MobileNet: 4,253,864 less 21,888 running statistics, which are not learned
    "mobilenet_v1": 4_253_864 - 21_888,
    # the count that PyTorch prints for inception_v3(aux_logits=False)
    "inception_v3": 23_834_568,
    # Ultralytics and Keras ports of yolov3.cfg: 62,001,757 less 52,608 running statistics
    "yolov3": 62_001_757 - 52_608,
    # pytorch-CycleGAN-and-pix2pix prints 2.769 M for the conditional discriminator
    "patchgan70": 2_768_705,
    # milesial/Pytorch-UNet, UNet(n_channels=3, n_classes=2)
    "unet_padded": 31_037_698,
    # Caffe's bvlc_alexnet
    "alexnet_grouped": 60_965_224,
}


@pytest.mark.parametrize(("name", "figures"), DISTILL.items())
def test_rf_jump_and_padding_are_those_of_distill_s_table(name, figures):
    net = rfsearch.parse(name)
    assert (net.rf, net.jump, net.padding_total) == figures


@pytest.mark.parametrize(("name", "params"), (TORCHVISION_PARAMS | OTHER_PARAMS).items())
def test_params_are_the_published_ones(name, params):
    assert rfsearch.parse(name).totals["params"] == params


@pytest.mark.parametrize(("name", "gmacs"), TORCHVISION_GMACS.items())
def test_macs_are_torchvision_s_to_its_three_decimals(name, gmacs):
    assert round(rfsearch.parse(name).totals["macs"] / 1e9, 3) == gmacs


@pytest.mark.parametrize(
    ("name", "rf"),
    [
        # torchvision strides in the 3×3 convolutions, the paper in the 1×1 before them
        ("resnet50", 427),
        ("resnet50_original", 483),
        # van den Oord et al. 2016, section 2.1: 1, 2, 4, …, 512 has receptive field 1024;
        # the first causal convolution adds one
        ("wavenet_cycle", 1024),
        ("wavenet", 1025),
        # Bai, Kolter, Koltun 2018: 1 + 2 (k − 1)(2^n − 1) for n levels of two convolutions
        ("tcn", 1 + 2 * (7 - 1) * (2**8 - 1)),
        # Isola et al. 2017: the 70×70 PatchGAN
        ("patchgan70", 70),
        ("patchgan70_tf", 70),
        ("vgg19", 268),
        ("mdnet", 75),
    ],
)
def test_rf_is_the_published_one(name, rf):
    assert rfsearch.parse(name).rf == rf


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_patchgan_with_n_strided_layers_has_the_rf_of_pix2pix_s_table(levels):
    cases = json.loads(SHARED.read_text())["patchgan"]["rf_by_n"]
    stack = "-".join(["64C4S2P1"] * levels + ["512C4P1", "1C4P1"])
    assert rfsearch.parse(stack, 256).rf == cases[str(levels)]


def test_alexnet_s_rows_are_those_of_the_shared_case():
    case = json.loads(SHARED.read_text())["alexnet_features"]
    net = rfsearch.parse(case["stack"], case["input"])
    rows = [[row.rf[0], int(row.jump[0]), row.padding_total[0]] for row in net]
    assert rows == case["rows_rf_jump_padding"]
    assert [row.output_size[0] for row in net] == case["output_sizes"]


@pytest.mark.parametrize(
    ("key", "name"),
    [("alexnet_ungrouped_with_fc", "alexnet"), ("alexnet_grouped_with_fc", "alexnet_grouped")],
)
def test_alexnet_s_totals_are_those_of_the_shared_case(key, name):
    case = json.loads(SHARED.read_text())[key]
    totals = rfsearch.parse(name, case["input"]).totals
    assert (totals["params"], totals["macs"]) == (case["params"], case["macs"])


def test_vgg_16_is_the_shared_case():
    case = json.loads(SHARED.read_text())["vgg16"]
    net = rfsearch.parse("vgg16", case["input"])
    assert net.totals["params"] == case["params"]
    assert net.totals["macs"] == case["macs"]
    assert sum(row.macs for row in net if row.op == "C") == case["conv_macs"]
    assert net.totals["activations"] == case["activations_with_fc"]
    assert net.totals["peak_memory"] == 4 * case["peak_values"]
    pools = [[row.rf[0], int(row.jump[0]), row.padding_total[0]] for row in net if row.op == "MP"]
    assert pools == case["pool_rows_rf_jump_padding"]


def test_vgg_16_keeps_58_1_mib_of_activations_and_not_93_mb():
    assert round(rfsearch.parse("vgg16").totals["memory"] / 2**20, 1) == 58.1


def test_patchgan_s_256_pixels_become_30():
    assert rfsearch.parse("patchgan70").output_size == 30


def test_u_net_s_572_pixels_become_388_as_in_its_figure():
    assert rfsearch.parse("unet").output_size == 388


@pytest.mark.parametrize("name", ["resnet50", "mobilenet_v2", "efficientnet_b0", "convnext_tiny"])
def test_the_other_padding_style_moves_the_centre_but_not_rf_params_or_macs(name):
    one, other = rfsearch.parse(name), rfsearch.parse(f"{name}_tf")
    if name != "resnet50":  # TF-slim's also strides elsewhere
        assert one.rf == other.rf
        assert one.totals["macs"] == other.totals["macs"]
    assert one.totals["params"] == other.totals["params"]
    if name != "convnext_tiny":  # 224 divides by its strides, so there is nothing to pad
        assert one.centre != other.centre


@pytest.mark.parametrize("name", published())
def test_a_named_network_says_where_it_comes_from_and_how_it_pads_and_learns(name):
    one = published()[name]
    assert one.title and one.source and one.padding and one.learned
    assert rfsearch.parse(name).findings is not None


def test_every_name_of_the_issue_is_there():
    wanted = (
        "alexnet alexnet_grouped vgg11 vgg13 vgg16 vgg19 resnet18 resnet34 resnet50 resnet101 "
        "resnet152 mobilenet_v1 mobilenet_v2 efficientnet_b0 convnext_tiny unet patchgan70 wavenet "
        "tcn mdnet yolov3 inception_v3 cp_resnet"
    )
    assert set(wanted.split()) <= set(published())


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(rfsearch.UsageError, match="did you mean resnet50"):
        rfsearch.parse("resnet5o")


# MACs: Banbury et al., "MLPerf Tiny Benchmark", NeurIPS 2021, models of github.com/mlcommons/tiny.
MLPERF_TINY = {
    "ds_cnn": 2_656_768,
    "mobilenet_v1_025": 7_489_664,
    "resnet8": 12_501_632,
    "autoencoder": 264_192,
}


@pytest.mark.parametrize(("name", "macs"), MLPERF_TINY.items())
def test_mlperf_tiny_s_networks_have_their_macs(name, macs):
    assert rfsearch.parse(name).totals["macs"] == macs
