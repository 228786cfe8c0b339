"""What training keeps, held against the tensors that torch saves for its backward pass."""

import json

import pytest

import rfsearch
from rfsearch.cli import main
from rfsearch.export.kept import kept_bytes, training
from rfsearch.export.live import plan_of

torch = pytest.importorskip("torch")

NETWORKS = [
    ("8C3P1-8C3S2P1", 13, "relu"),
    ("8C3P1N-MP3S2P1-16C3N-GAP-10FC", 17, "relu"),
    ("8C3P1-8C3S2P1-GAP-10FC", 13, "none"),
    ("8C3P1L-AP2S2-8DW3P1N-8C1N", 12, "gelu"),
    ("MP2S2-8C3-8C2Ps-MP3S2PsU-8C3", 29, "silu"),
    ("8C4Ps-8C3S2Ps-UP2-4C3P1-UPL2", 16, "relu"),
    ("8C3P1N-R(8C3P1N-8C3P1N)-R(16C3S2P1N-16C3P1N)-GAP-5FC", 16, "relu"),
    ("I(24C1N-DW3P1N-3C1N)-8C1-SE4-I(16C1N-DW3P1N-8C1N)", 14, "silu"),
    ("8C3-(4C1|4C3P1|MP3P1-4C1)-(8C1+8C3P1)-(8C1*8C3P1)", 15, "relu"),
    ("8C3-8T4S2P1-8C3-FLATTENED", 9, "relu"),
    ("8C5-FC", 9, "relu"),
    ("8C3P1L-GAP-10FC", 9, "relu"),
    ("4C3P2:0D1-4C3P4:0D2N", (40,), "relu"),
    ("4C3-MP2S2-4C2N", (9, 8, 7), "relu"),
]
NETWORKS = [
    (text.replace("-FLATTENED", "").replace("-FC", "-7FC"), *more) for text, *more in NETWORKS
]


def saved_by_torch(network, activation, batch):
    """Bytes of the storages that are saved in a forward pass, parameters and buffers aside."""
    module = rfsearch.to_torch(network, activation=activation).train()
    own = {one.untyped_storage().data_ptr() for one in (*module.parameters(), *module.buffers())}
    sizes, alive = {}, []

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            sizes[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)
        return tensor

    image = torch.rand(batch, network.input_channels, *network.input)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        alive.append(module(image))
    return sum(sizes.values())


@pytest.mark.parametrize(("notation", "input", "activation"), NETWORKS)
@pytest.mark.parametrize("batch", [2, 5])
def test_the_tensors_kept_are_those_that_torch_saves(notation, input, activation, batch):
    network = rfsearch.parse(notation, input)
    made = plan_of(network, activation)
    assert kept_bytes(made, batch) == saved_by_torch(network, activation, batch)


@pytest.mark.parametrize(("name", "input"), [("resnet18", 64), ("mobilenet_v2", 64)])
def test_networks_by_name_keep_what_torch_saves(name, input):
    network = rfsearch.parse(name, input)
    assert kept_bytes(plan_of(network), 2) == saved_by_torch(network, "relu", 2)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("sgd", lambda p: torch.optim.SGD(p, 0.1)),
        ("momentum", lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
        ("rmsprop", torch.optim.RMSprop),
        ("adagrad", torch.optim.Adagrad),
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
    ],
)
def test_the_states_of_an_optimizer_are_those_that_torch_holds(name, make):
    network = rfsearch.parse("8C3P1N-8C3-GAP-5FC", 9)
    module = rfsearch.to_torch(network)
    optimizer = make(module.parameters())
    module(torch.rand(2, 3, 9, 9)).sum().backward()
    optimizer.step()
    held = sum(
        value.numel() * 4
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor) and value.dim()
    )
    step = training(plan_of(network), network.totals["params"], 2, name)
    gradients = sum(one.grad.numel() * 4 for one in module.parameters())
    assert (step.states, step.gradients, step.parameters) == (held, gradients, gradients)


def test_show_says_what_a_training_step_keeps(capsys):
    assert main(["show", "8C3P1N-GAP-5FC", "--input", "9", "--batch", "64", "--train", "adam"]) == 0
    text = capsys.readouterr().out
    assert "optimizer" in text and "a batch of 64" in text
    words = ["show", "8C3P1N-GAP-5FC", "--input", "9", "--train", "adam", "--format", "json"]
    assert main(words) == 0
    step = json.loads(capsys.readouterr().out)["training"]
    assert step["total"] == sum(step[one] for one in ("kept", "parameters", "gradients", "states"))
    assert step["states"] == 2 * step["parameters"]


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--train", "lion"], "--train: lion is not one of adagrad, adam"),
        (["--batch", "0", "--train", "sgd"], "--batch: 0 is not ≥ 1"),
        (["--batch", "4"], "--batch: 4 is of a training step"),
    ],
)
def test_what_cannot_be_trained_is_one_line(flags, line, capsys):
    assert main(["show", "8C3", *flags]) == 2
    assert line in capsys.readouterr().err
