"""Vela's reports, as figures of a network and of its items."""

import pytest
from described import needs

import rfsearch
from rfsearch.device.place import Place
from rfsearch.device.table import table
from rfsearch.device.vela import (
    Operator,
    Report,
    compile_network,
    item_figure,
    read_report,
    rows,
)
from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.notation import parse_stack

installed = needs("ethosu", "tensorflow", "tflite_micro")
LAYERS = """\
Original Operator,NNG Operator,Target,Op Cycles,MAC Count,Name
Conv2D,Conv2D,NPU,3520.0,55296,network_1/conv1_act_1/Relu;network_1/conv1_1/convolution
Conv2D,Relu,NPU,0,0,network_1/conv1_act_1/Relu;network_1/conv1_1/convolution
Conv2D,Conv2D,NPU,2768,32768,network_1/residual10_conv2_norm_1/batchnorm/add_1
Mean,Mul,CPU,64,0,network_1/average1_1/Mean
FullyConnected,FullyConnected,NPU,160.4,32,StatefulPartitionedCall_1:0
"""
SUMMARY = """\
sram_memory_used,dram_memory_used,on_chip_flash_memory_used,off_chip_flash_memory_used,cycles_total
8.75,0.0,0.0,25.171875,6400.0
"""


def _place(text, channels=8, sizes=(8, 8)):
    (item,) = parse_stack(text)
    return Place(item, channels, sizes)


def test_a_report_is_read_with_cycles_and_bytes():
    report = read_report(LAYERS, SUMMARY)
    assert (report.cycles, report.memory, report.flash) == (6400, 8960, 25776)
    assert len(report.operators) == 5
    assert report.operators[4] == Operator("FullyConnected", "StatefulPartitionedCall_1:0", 160, 32,
                                           False)  # fmt: skip
    assert [operator.on_cpu for operator in report.operators] == [False, False, False, True, False]


def test_cycles_belong_to_the_parts_of_the_network():
    parts = ["conv1", "residual1", "residual10", "average1", "fc1"]
    assert read_report(LAYERS, SUMMARY).by_part(parts) == {
        "conv1": 3520, "residual1": 0, "residual10": 2768, "average1": 64, "fc1": 160,
    }  # fmt: skip
    with pytest.raises(UsageError, match="is of none of the parts conv1"):
        read_report(LAYERS, SUMMARY).by_part(["conv1"])


def test_what_vela_leaves_to_the_processor_has_no_figure(monkeypatch):
    from rfsearch.device import vela
    from rfsearch.device.tflm import convert

    monkeypatch.setattr(convert, "convert", lambda plan: b"")
    report = read_report(LAYERS, SUMMARY)
    monkeypatch.setattr(vela, "compile_network", lambda data, accelerator: report)
    with pytest.raises(LimitError, match="GAP on 8×8: vela leaves Mul to the processor"):
        item_figure(_place("GAP"), "cycles")
    whole = Report(report.operators[:2], 10, 20, 30)
    monkeypatch.setattr(vela, "compile_network", lambda data, accelerator: whole)
    found = [item_figure(_place("GAP"), figure) for figure in ("cycles", "memory", "flash")]
    assert found == [10, 20, 30]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: compile_network(b"", "ethos-n78"), "accelerator: ethos-n78 is not one of"),
        (lambda: item_figure(_place("GAP"), "joules"), "figure: joules is not one of cycles, mem"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_one_line(call, said):
    with pytest.raises(UsageError) as error:
        call()
    assert str(error.value).startswith(said)


@installed
def test_items_make_a_table_that_a_cost_reads():
    from rfsearch.device.tflm.convert import convert
    from rfsearch.export.live import plan_of

    places = [_place("16C3PsN"), _place("17C3PsN"), _place("I(16C1N-DW3PsN-8C1N)")]
    made = table(rows(places, "cycles", "ethos-u55-128"), "vela")
    cycles = [made.constant(place.item, place.channels, place.sizes) for place in places]
    assert (made.unit.name, made.scale) == ("cycles", 1)
    # A seventeenth channel takes another pass over the input.
    assert 0 < cycles[0] < cycles[1]
    network = rfsearch.parse("16C3PsN-I(32C1N-DW3PsN-16C1N)-GAP-4FC", 16)
    report = compile_network(convert(plan_of(network)))
    parts = report.by_part(["conv1", "inverted1", "average1", "fc1"])
    assert sum(parts.values()) == sum(operator.cycles for operator in report.operators) > 0


@installed
def test_a_file_that_vela_cannot_read_is_one_line():
    with pytest.raises(LimitError, match=r"^vela, ethos-u65-256: "):
        compile_network(b"no model", "ethos-u65-256")
