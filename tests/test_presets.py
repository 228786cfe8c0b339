"""The presets of configs/: read, answered, and with the networks that they are named after."""

from __future__ import annotations

import doctest
import json
import re
import tomllib
from pathlib import Path

import naive
import pytest
from naive_language import Space
from naive_stages import Query
from staged_spaces import Question
from test_listing_stages import check_front, check_top

import rfsearch
from rfsearch.cli import main
from rfsearch.enumeration.question import found_of
from rfsearch.layers.notation import parse_stack
from rfsearch.request import config
from rfsearch.request.request import Request
from rfsearch.space.slots import SLOT_DEFAULTS
from rfsearch.why.member.member import membership

CONFIGS = Path(__file__).parent.parent / "configs"
GUIDE = CONFIGS.parent / "docs" / "stages.md"
PRESETS = sorted(path.stem for path in CONFIGS.glob("*.toml") if path.stem != "main")

LARGE_FIELD_OF_VIEW = (
    "(64C3P1)x2-MP3S2P1-(128C3P1)x2-MP3S2P1-(256C3P1)x3-MP3S2P1-(512C3P1)x3-MP3P1-"
    "(512C3P2D2)x3-MP3P1-1024C3P12D12-1024C1-21C1"
)
SEPARATOR = "-".join(f"R(512C1N-DW3P{2 * d}:0D{d}N-128C1)" for d in (1, 2, 4, 8, 16, 32, 64, 128))
_GATE = "(32C2P{d}:0D{d}*32C2P{d}:0D{d})-A(512C1)"
_CYCLE = [
    f"R({_GATE.format(d=2**n)}-32C1)".replace("D1*", "*").replace("D1)", ")") for n in range(10)
]
# ibab/tensorflow-wavenet, wavenet_params.json
WAVENET = "-".join(["32C2P1:0", *(_CYCLE * 5)[:-1], _GATE.format(d=512), "SUM", "512C1", "256C1"])

# preset: matches, families, length of the front. Each preset's small variation is held
# against a listing below; these numbers keep the large ones from changing unnoticed.
RECORDED = {
    "alexnet": (900_614_688, 1_152, 742),
    "dense-segmentation": (12_597_365_998, 6_534, 871),
    "mobilenet": (59_761_547_099, 852, 147),
    "patchgan": (21_184_663, 58_351, 42),
    "resnet": (99_607_573, 29_184, 45),
    "spectrogram": (797_891_764, 7_074, 41),
    "tcn": (53_818_908_353_808, 50, 430),
    "unet": (134, 24, 9),
    "vgg": (1_543_493_184, 42_969, 751),
    "wavenet": (37_633_603, 67, 66),
}

# Within arena and flash matches are worked out one by one: the length of the front.
OF_DEVICES = {"keyword-spotting": 74, "microcontroller": 592, "visual-wake-words": 155}
LONG = pytest.param("microcontroller", marks=pytest.mark.nightly)  # half a minute

# (preset, network, input at which it fits, RF, params, MACs): the figures that were published.
KNOWN = [
    # Caffe's bvlc_alexnet (60,965,224 params); RF: Araujo, Norris, Sim, Distill 2019
    ("alexnet", "alexnet_grouped", (227, 227), 195, 60_965_224, 724_406_816),
    ("alexnet", "alexnet", (227, 227), 195, 62_378_344, 1_135_256_096),
    # torchvision's weights metadata: num_params 138,357,544, _ops 15.47; RF: Distill 2019
    ("vgg", "vgg16", (224, 224), 212, 138_357_544, 15_470_264_320),
    # torchvision: 25,557,032 params, _ops 4.089; strides in the 3×3 convolutions
    ("resnet", "resnet50", (224, 224), 427, 25_557_032, 4_089_184_256),
    # torchvision: 11,689,512 params, _ops 1.814
    ("resnet", "resnet18", (224, 224), 435, 11_689_512, 1_814_073_344),
    # torchvision: 3,504,872 params, _ops 0.301; 300M in Sandler et al. 2018, table 4
    ("mobilenet", "mobilenet_v2", (224, 224), 491, 3_504_872, 300_774_272),
    # Isola et al. 2017: 70×70; pytorch-CycleGAN-and-pix2pix prints 2.769 M
    ("patchgan", "patchgan70", (256, 256), 70, 2_768_705, 3_197_140_992),
    # Koutini et al. 2019: RF 87 for rho 5
    ("spectrogram", "cp_resnet", (256, 431), 87, 3_566_612, 8_414_492_928),
    ("spectrogram", "cp_resnet_rho4", (256, 431), 71, None, None),
    ("spectrogram", "cp_resnet_rho6", (256, 431), 103, None, None),
    # Chen et al. 2015, DeepLab-CRF-LargeFOV: 20.5M params
    ("dense-segmentation", LARGE_FIELD_OF_VIEW, (321, 321), 419, 20_505_429, 50_928_085_696),
    # Banbury et al. 2021, MLPerf Tiny
    ("keyword-spotting", "ds_cnn", (49, 10), (26, 20), None, 2_656_768),
    # Luo, Mesgarani 2019, X 8, R 3, P 3: 1 + 3·2·(2^8 − 1) positions of 1 ms
    ("tcn", f"({SEPARATOR})x3", (3000,), 1531, None, 9_547_776_000),
    # milesial/Pytorch-UNet, UNet(3, 2)
    ("unet", "unet_padded", (512, 512), 204, 31_037_698, 192_686_325_760),
    # its calculate_receptive_field(2, dilations, False, 2)
    ("wavenet", WAVENET, (16_000,), 5117, None, 23_740_416_000),
]


def read(name):
    """The request of a preset."""
    path = CONFIGS / f"{name}.toml"
    return Request.of({}, str(path), config.options(path.read_bytes(), str(path)))


def answered(name):
    request = read(name)
    return request, found_of(request)


def test_every_preset_of_the_issue_is_there_and_recorded():
    wanted = {
        "alexnet", "vgg", "resnet", "mobilenet", "tcn", "spectrogram", "microcontroller",
        "patchgan", "dense-segmentation",
    }  # fmt: skip
    assert wanted <= set(PRESETS)
    assert {*RECORDED, *OF_DEVICES} == set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_how_many_stacks_it_has(name):
    """The number stands in the comment at its head, which is what a reader sees first."""
    candidates = read(name).space().candidates
    comment = (CONFIGS / f"{name}.toml").read_text().partition("\n\n")[0]
    assert f"{candidates:,} stacks" in comment.replace("\n# ", " ")


def fits(request, frame):
    arena, flash = frame["arena"].max(), frame["flash"].max()
    return arena <= request["max_arena"] and flash <= request["max_flash"]


@pytest.mark.compiled
@pytest.mark.parametrize("name", OF_DEVICES)
def test_a_preset_of_a_device_lists_networks_that_fit_it(name):
    """Twenty rows, proven: each within the budgets of arena and file."""
    request, found = answered(name)
    listed = found.top_in_time(600, 20, by=request["rank_by"], distinct="none")
    assert listed.finished and listed.proven == len(listed.frame) == 20
    assert fits(request, listed.frame)


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["keyword-spotting", LONG, "visual-wake-words"])
def test_the_front_of_a_preset_of_a_device_is_proven_and_fits_it(name):
    request, found = answered(name)
    front = found.front_in_time(600, request["front"])
    assert front.finished and len(front.frame) == OF_DEVICES[name]
    assert fits(request, front.frame)


@pytest.mark.compiled
@pytest.mark.parametrize("name", RECORDED)
def test_a_preset_has_the_recorded_answer(name):
    request, found = answered(name)
    front = found.front(request["front"])
    assert (found.count(), found.families(), len(front)) == RECORDED[name]
    listed = found.top(20, by=request["rank_by"], distinct=request["distinct"])
    assert len(listed) == 20


@pytest.mark.parametrize(
    ("preset", "network", "sizes", "rf", "params", "macs"),
    KNOWN,
    ids=[f"{preset}:{network[:20]}" for preset, network, *_ in KNOWN],
)
def test_a_known_network_is_in_its_preset_with_its_published_figures(
    preset, network, sizes, rf, params, macs
):
    request = read(preset)
    space, query = (space := request.space()), request.query(space)
    net = rfsearch.parse(network, sizes, space.input_channels)
    assert net.notation is not None
    found = membership(space, query, parse_stack(net.notation))
    assert found.refused == ()
    assert sizes in [one.sizes for one in found.fitting]
    assert net.totals["params"] == (params or net.totals["params"])
    assert net.totals["macs"] == (macs or net.totals["macs"])
    head = len(space.head_stack)
    body = "-".join(row for row in net.notation.split("-")[: -head or None])
    assert rfsearch.parse(body, sizes, space.input_channels).rf == rf


# Small variations, listed


def few(table, **changes):
    """A table of a file with some keys changed; None takes a key out."""
    return {key: value for key, value in (table | changes).items() if value is not None}


def slots(stage, *changes):
    """A stage whose slots are changed in turn."""
    changed = [few(slot, **more) for slot, more in zip(stage["slot"], changes, strict=True)]
    return stage | {"slot": changed}


def alexnet(file):
    first, pool, second, _, later, _ = file["stage"]
    pool = few(pool, kernel=[3], padding=[0, 1])
    stages = [
        few(first, kernel=[5, 7], stride=[2], padding=[0, 1], channels=[2, 4]),
        pool,
        few(second, kernel=[3, 5], stride=[1], padding=[1, 2], channels=[4]),
        pool,
        few(later, kernel=[3], channels=[4], repeat="1..2"),
        pool,
    ]
    query = Query(((47, 47),), target=((60, 80),) * 2, bounds={"entropy": (14 << 32, None)})
    return file | {"stage": stages, "head": "5FC-3FC"}, query


def vgg(file):
    stage = slots(file["stage"][0], {"channels": [2, 3, 4], "repeat": "1..2"}, {})
    query = Query(((16, 16),), target=((12, 16),) * 2, bounds={"macs": (None, 40_000)})
    return file | {"stage": [stage | {"repeat": 2}], "head": "5FC-3FC"}, query


def resnet(file):
    first, second, *_ = file["stage"]
    stages = [
        slots(first, {"c": [2, 3], "k": [3, 5], "repeat": "1..2"}),
        slots(second, {"c": [3, 4], "k": [3, 5]}, {"c": [3, 4], "k": [3, 5], "repeat": "0..1"}),
    ]
    query = Query(
        ((32, 32),), target=((50, 90),) * 2, rounding="floor", bounds={"macs": (None, 180_000)}
    )
    return file | {"stage": stages, "stem": "4C7S2P3N-MP3S2P1", "head": "GAP-3FC"}, query


def mobilenet(file):
    first, second, *_, last = file["stage"]
    stages = [
        slots(first, {"c": 3}, {"repeat": "0..1"}),
        slots(second, {"c": 4}, {"repeat": "0..1"}),
        few(last, c=5, k=[3], t=[3]),
    ]
    query = Query(
        ((24, 24), (32, 32)), target=((43, 75),) * 2, rounding="floor",
        bounds={"macs": (None, 60_000)},
    )  # fmt: skip
    changes = {"stage": stages, "stem": "4C3S2P1N-I(DW3P1N-2C1N)", "head": "6C1N-GAP-3FC"}
    return file | changes, query


def microcontroller(file):
    first, second = file["stage"][0]["slot"]
    stage = {
        "repeat": "1..2",
        "slot": [few(first, c=[2, 3], k=[3, 5]), few(second, k=[3, 5], t=[3], repeat="0..1")],
    }
    query = Query(
        ((24, 24), (32, 32)), target=((15, 40),) * 2, rounding="floor", weight_bytes=1,
        activation_bytes=1, reserve=100, bounds={"peak_memory": (None, 2600), "weight_memory":
        (None, 300)},
    )  # fmt: skip
    return file | {"stage": [stage], "stem": "2C3S2P1N", "head": "GAP-3FC"}, query


def keyword_spotting(file):
    first, later = file["stage"]
    stages = [
        slots(first, {"c": [2, 3]}),
        slots(later, {"c": [2, 4], "k": 3}, {"repeat": "0..1"}) | {"repeat": "1..2"},
    ]
    query = Query(
        ((49, 10),), target=((16, 49), (6, None)), rounding="floor",
        bounds={"macs": (None, 30_000)},
    )  # fmt: skip
    block = file["block"]
    blocks = block | {"first": {"stack": block["first"]["stack"][:2]}}
    return file | {"stage": stages, "block": blocks, "head": "GAP-3FC"}, query


def visual_wake_words(file):
    first, later = file["stage"]
    stages = [
        slots(first, {"c": 3}),
        slots(later, {"c": [3, 4]}, {"repeat": "0..1", "t": 2}) | {"repeat": "1..2"},
    ]
    query = Query(
        ((16, 16), (20, 20)), target=((11, None),) * 2, rounding="floor",
        bounds={"macs": (None, 12_000)},
    )  # fmt: skip
    return file | {"stage": stages, "stem": "2C3S2PsN", "head": "GAP-2FC"}, query


def patchgan(file):
    first, middle, last = file["stage"]
    block = file["block"]
    blocks = {
        "first": few(block["first"], w=[2, 3], k=[3, 4], p=[0, 1]),
        "normed": few(block["normed"], w=[2, 4], k=[3, 4], p=[1]),
        "last": few(block["last"], k=[4], p=[1]),
    }
    query = Query(
        ((32, 32),), target=((22, 34),) * 2, rounding="floor", bounds={"macs": (None, 60_000)}
    )
    return file | {"stage": [first, few(middle, repeat="1..2"), last], "block": blocks}, query


def tcn(file):
    stage = file["stage"][0]
    blocks = {"level": few(file["block"]["level"], stack=None, h=[2, 3])}
    blocks["level"]["stack"] = file["block"]["level"]["stack"].replace("128C1", "4C1")
    short = stage | {"slot": stage["slot"][:3], "repeat": "1..2"}
    query = Query(((40,),), target=((15, 30),), bounds={"macs": (None, 8_000)})
    return file | {"stage": [short], "block": blocks, "input_channels": 4}, query


def spectrogram(file):
    first, second, third, _ = file["stage"]
    stages = [
        slots(first, {"c": 2}, {}) | {"repeat": 1},
        slots(second, {"c": 2, "repeat": 1}, {}),
        few(third, c=3, repeat=1, f=[1], g=[1]),
    ]
    query = Query(((40, 60),), target=((12, 20), (15, 40)), rounding="floor")
    return file | {"stage": stages, "stem": "2C5S2P1N", "head": "3C1N-GAP"}, query


def wavenet(file):
    first, last = file["stage"]
    blocks = {name: few(block, s=[2, 3], r=[2, 3]) for name, block in file["block"].items()}
    blocks["last"] |= {"r": 2, "k": 2}
    levels = slots(first, {"d": "double:1:2", "repeat": "1..2"}) | {"repeat": "1..2"}
    query = Query(((20,),), target=((4, 9),), bounds={"macs": (None, 4_000)})
    changes = {"stage": [levels, few(last, d=[1, 2])], "block": blocks, "input_channels": 3}
    return file | changes | {"stem": "2C2P1:0", "head": "3C1"}, query


def dense_segmentation(file):
    first, _, _, _, fifth, last = file["stage"]
    stages = [
        slots(first, {"channels": [2, 3]}, {}),
        slots(fifth, {"channels": [3, 4], "dilation": [1, 2], "repeat": "1..2"}, {}),
        last,
    ]
    blocks = {
        "fov": few(file["block"]["fov"], w=[3, 4], r=[2, 4]),
        "aspp": few(file["block"]["aspp"], w=[2], r=[1, 2], q=[2]),
    }
    query = Query(
        ((33, 33),), target=((20, 45),) * 2, output=((17, 17),) * 2,
        bounds={"macs": (None, 400_000)},
    )  # fmt: skip
    return file | {"stage": stages, "block": blocks, "head": "3C1"}, query


SMALL = {
    one.__name__.replace("_", "-"): one
    for one in (
        alexnet, vgg, resnet, mobilenet, microcontroller, patchgan, tcn, spectrogram,
        dense_segmentation, keyword_spotting, visual_wake_words, wavenet,
    )
}  # fmt: skip
OF_SPACES = ("stem", "head", "axes", "input_channels", "never_falls", "never_grows", "bias", "norm")


@pytest.mark.compiled
@pytest.mark.parametrize("name", SMALL)
def test_a_small_variation_of_a_preset_is_answered_as_its_listing(name):
    """Fewer choices, smaller inputs, the same keys: count, families, front and list are listed."""
    file = tomllib.loads((CONFIGS / f"{name}.toml").read_text())
    file, query = SMALL[name](file)
    said = {key: file[key] for key in OF_SPACES if key in file}
    question = Question(Space(tuple(file["stage"]), file.get("block", {}), **said), query)
    found = question.search()
    assert 20 < len(question.matches) < len(question.rows)
    assert found.count() == len(question.matches)
    assert found.families() == naive.families(question.matches)
    check_front(question, found, file["front"])
    for distinct in ("family", "costs", "none"):
        check_top(question, found, 30, file["rank_by"], distinct)


@pytest.mark.compiled
def test_a_preset_is_answered_on_the_command_line(capsys):
    assert main(["--config", str(CONFIGS / "spectrogram.toml"), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    count, families, front = RECORDED["spectrogram"]
    assert (document["matches"], document["families"]) == (count, families)
    assert len(document["front"]) == front
    assert len(document["results"]) == 20


# docs/stages.md


def test_the_worked_example_prints_what_the_document_shows():
    failed, tried = doctest.testfile(str(GUIDE), module_relative=False, encoding="utf-8")
    assert tried
    assert not failed


def test_the_worked_example_s_file_asks_the_question_of_its_python():
    text = example()
    request = Request.of({}, "example.toml", config.options(text.encode(), "example.toml"))
    found = found_of(request)
    assert (request.space().candidates, found.count()) == (216, 146)


def test_the_commands_of_the_worked_example_print_what_it_shows(tmp_path, monkeypatch, capsys):
    (tmp_path / "example.toml").write_text(example())
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```console\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    for shown in re.split(r"^\$ rfsearch ", block, flags=re.MULTILINE)[1:]:
        command, _, lines = shown.partition("\n")
        main(command.split())
        assert capsys.readouterr().out.endswith("\n" + lines.removeprefix("…\n"))


def example():
    """The file of the worked example."""
    return re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0]


def test_every_key_of_a_slot_is_in_the_guide():
    text = GUIDE.read_text()
    for key in (*SLOT_DEFAULTS, "repeat", "uniform", "block", "stem", "head", "hop", "reserve"):
        assert f"`{key}`" in text
