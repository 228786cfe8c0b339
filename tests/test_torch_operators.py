"""Operators of real networks: followed, with torch's own params and MACs, seen as by gradient."""

from __future__ import annotations

import pytest

import rfsearch

torch = pytest.importorskip("torch", reason="torch is not installed; from_torch is for its users")

from gradient import counted, positive, seen  # noqa: E402, because it needs torch
from test_torch_params import Net  # noqa: E402, likewise
from torch import nn  # noqa: E402, likewise
from torch.nn import functional  # noqa: E402, likewise

SIZE = 16


def conv(before=3, after=8, kernel=3, **options):
    return nn.Conv2d(before, after, kernel, padding=kernel // 2, **options)


def assigned(s, x):
    y = s.a(x).clone()
    y[:, :4] = s.b(y[:, :4].clone())
    return y


def assigned_rows(s, x):
    y = s.a(x).clone()
    y[:, :, 2:6] = s.b(x)[:, :, 2:6]
    return y


def unpooled(s, x):
    pooled, indices = functional.max_pool2d(s.a(x), 2, return_indices=True)
    return s.b(functional.max_unpool2d(pooled, indices, 2))


def channel_attention(s, x):
    y = s.a(x)
    weights = s.k(y.mean((2, 3)).view(1, 1, -1)).sigmoid()
    return y * weights.view(1, -1, 1, 1)


def context(s, x):
    y = s.a(x)
    weights = torch.softmax(s.m(y).flatten(2), -1)
    pooled = torch.matmul(y.flatten(2), weights.transpose(1, 2)).view(1, 8, 1, 1)
    return y + s.t(pooled)


def to_depth(s, x):
    blocks = x.view(1, 3, 8, 2, 8, 2).permute(0, 3, 5, 1, 2, 4)
    return s.a(blocks.reshape(1, 12, 8, 8))


def masks(s, x):
    y = s.a(x)
    m = s.m(y).sigmoid().view(1, 2, 8, SIZE, SIZE)
    return (m * y.unsqueeze(1)).flatten(1, 2)


def coordinate_attention(s, x):
    y = s.a(x)
    rows, columns = y.mean(3, keepdim=True), y.mean(2, keepdim=True)
    return y * s.m(rows).sqrt() * s.t(columns).sqrt()


def axial(s, x):
    y = s.a(x).permute(0, 2, 3, 1)
    return functional.scaled_dot_product_attention(y, y, y).permute(0, 3, 1, 2)


def normalised(s, x):
    squeezed = s.b(s.a(x).unsqueeze(2)[:, :, 0])
    return functional.normalize(squeezed, dim=1)


FOLLOWED = {
    "stack and sum": Net(
        lambda s, x: torch.stack([s.a(x), s.b(x)]).sum(0), a=conv(), b=conv(kernel=5)
    ),
    "weights in a buffer": Net(
        lambda s, x: functional.conv2d(s.a(x), s.k, stride=2, groups=8),
        a=conv(),
        k=torch.ones(8, 1, 3, 3),
    ),
    "a mean of neighbouring channels": nn.Sequential(conv(), nn.LocalResponseNorm(5), conv(8)),
    "pooling with indices, undone": Net(unpooled, a=conv(), b=conv(8)),
    "pixel unshuffle": nn.Sequential(nn.PixelUnshuffle(2), conv(12)),
    "pixel shuffle": nn.Sequential(conv(), nn.PixelShuffle(2), conv(2)),
    "pixel unshuffle by a view": Net(to_depth, a=conv(12)),
    "channel shuffle": nn.Sequential(conv(), nn.ChannelShuffle(2), conv(8)),
    "gated linear unit": nn.Sequential(conv(), nn.GLU(1), conv(4)),
    "gated by hand": Net(
        lambda s, x: (lambda a, b: a.tanh() * b.sigmoid())(*s.a(x).chunk(2, 1)), a=conv()
    ),
    "channels repeated": Net(lambda s, x: s.a(x.repeat(1, 2, 1, 1)), a=conv(6)),
    "channels of zeros": Net(lambda s, x: s.a(x) + functional.pad(x, (0, 0, 0, 0, 0, 5)), a=conv()),
    "coordinates beside channels": Net(
        lambda s, x: s.a(torch.cat([x, s.g], 1)), a=conv(5), g=torch.ones(1, 2, SIZE, SIZE)
    ),
    "a pooled branch expanded beside": Net(
        lambda s, x: torch.cat(
            [s.a(x), functional.adaptive_avg_pool2d(x, 1).expand(-1, -1, SIZE, SIZE)], 1
        ),
        a=conv(),
    ),
    "channels assigned": Net(assigned, a=conv(), b=conv(4, 4)),
    "rows assigned": Net(assigned_rows, a=conv(), b=conv(kernel=5)),
    "normalised": Net(normalised, a=conv(), b=conv(8)),
    "channels picked": Net(lambda s, x: s.a(x[:, [0, 2]]), a=conv(2)),
    "rows picked": Net(lambda s, x: s.a(x)[:, :, [9, 3, 4, 15]], a=conv()),
    "flipped": Net(lambda s, x: s.a(x) + s.b(x.flip(3)), a=conv(), b=conv(kernel=5)),
    "rolled": Net(lambda s, x: s.a(torch.roll(x, (2, -3), (2, 3))), a=conv()),
    "einsum": Net(
        lambda s, x: torch.einsum("nchw,oc->nohw", s.a(x), s.b.weight),
        a=conv(),
        b=nn.Linear(8, 5, bias=False),
    ),
    "unbind": Net(lambda s, x: sum(s.a(x).view(1, 2, 4, SIZE, SIZE).unbind(1)), a=conv()),
    "attention over channels": Net(channel_attention, a=conv(), k=nn.Conv1d(1, 1, 3, padding=1)),
    "global context": Net(context, a=conv(), m=conv(8, 1, 1), t=conv(8, 8, 1)),
    "masks": Net(masks, a=conv(), m=conv(8, 16, 1)),
    "coordinate attention": Net(coordinate_attention, a=conv(), m=conv(8, 8, 1), t=conv(8, 8, 1)),
    "attention along rows": Net(axial, a=conv()),
    "rows side by side": Net(
        lambda s, x: s.b(torch.cat([s.a(x)[:, :, :5], s.a(x)[:, :, 9:]], 2)), a=conv(), b=conv(8)
    ),
    "a border of the other end, by concatenation": Net(
        lambda s, x: s.a(torch.cat([x[:, :, -2:], x, x[:, :, :2]], 2)), a=conv()
    ),
    "every pixel twice": Net(
        lambda s, x: s.a(x.repeat_interleave(2, 2).repeat_interleave(2, 3)), a=conv()
    ),
    "windows as channels": Net(
        lambda s, x: s.b(functional.unfold(s.a(x), 3).unflatten(2, (SIZE - 2, SIZE - 2))),
        a=conv(),
        b=conv(72),
    ),
    "channels last": Net(
        lambda s, x: s.b(s.l(s.a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)),
        a=conv(),
        l=nn.Linear(8, 8),
        b=conv(8),
    ),
    "no gradient in a part": Net(lambda s, x: s.b(torch.no_grad()(s.a)(x)), a=conv(), b=conv(8)),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_an_operator_is_followed_with_torch_s_params_and_macs(name):
    module = FOLLOWED[name].eval()
    net = rfsearch.from_torch(module, SIZE, 3)
    image = torch.zeros(1, 3, SIZE, SIZE, dtype=next(module.parameters()).dtype)
    assert (net.totals["params"], net.totals["macs"]) == counted(module, image)
    assert not [line for line in net.findings if "taken to see" in line or "params that" in line]


@pytest.mark.parametrize("name", [name for name in FOLLOWED if name != "no gradient in a part"])
@pytest.mark.parametrize("place", [0.0, 0.4, 1.0])
def test_an_output_sees_what_its_gradient_says(name, place):
    module = positive(FOLLOWED[name])
    net = rfsearch.from_torch(module, SIZE, 3)
    node = net.main
    index = tuple(int(place * (n - 1)) for n in net.nodes[node].sizes)
    measured = seen(module, (1, 3, SIZE, SIZE), index)
    told = net.reach(index, node)
    if "indices" in name:
        # A maximum has a gradient for one pixel of its window only.
        assert all(set(a) <= set(b) for a, b in zip(measured, told, strict=True))
    else:
        assert told == measured


def heads(s, x):
    return torch.cat([s.a(x).flatten(2), s.b(x).flatten(2)], 2)


def fewer(s, x):
    return s.l(s.a(x).mean(2))


SEVERAL = {
    "levels flattened side by side": (Net(heads, a=conv(), b=conv(stride=2)), 2),
    "statistics": (
        Net(lambda s, x: torch.cat([s.a(x).mean((2, 3)), s.a(x).std((2, 3))], 1), a=conv()),
        1,
    ),
    "the best class": (Net(lambda s, x: s.a(x).argmax(1), a=conv()), 1),
    "one axis pooled, a 1-D convolution": (Net(fewer, a=conv(), l=nn.Conv1d(8, 4, 5)), 1),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_an_end_of_a_network_is_followed(name):
    module, outputs = SEVERAL[name]
    net = rfsearch.from_torch(module.eval(), SIZE, 3)
    assert len(net.outputs) == outputs
    assert (net.totals["params"], net.totals["macs"]) == counted(
        module, torch.zeros(1, 3, SIZE, SIZE)
    )
    assert not any("taken to see" in line for line in net.findings)


def test_a_convolution_over_what_one_pooled_axis_left_reads_the_other():
    module = positive(SEVERAL["one axis pooled, a 1-D convolution"][0])
    net = rfsearch.from_torch(module, SIZE)
    assert net.nodes[-1].sizes == (1, SIZE - 4)
    image = torch.rand(1, 3, SIZE, SIZE, dtype=torch.double, requires_grad=True)
    module(image)[0, :, 3].sum().backward()
    columns = (image.grad[0].abs().sum((0, 1)) > 0).nonzero().flatten().tolist()
    assert net.reach((0, 3)) == (list(range(SIZE)), columns)


def two_images(s, x, y):
    return s.b(torch.cat([s.a(x), s.a(y)], 1))


def test_two_inputs_are_one_image_of_the_channels_of_both():
    module = Net(two_images, a=conv(3), b=conv(16, 2)).eval()
    image = torch.zeros(1, 3, SIZE, SIZE)
    net = rfsearch.from_torch(module, example_inputs=(image, image))
    assert net.input_channels == 6
    assert net.rf == 5
    assert (net.totals["params"], net.totals["macs"]) == counted(module, image, image)


def timed(s, x, step):
    return s.b(s.a(x) + s.l(step)[:, :, None, None])


def test_an_input_without_positions_shows_nothing_and_its_layers_count():
    module = Net(timed, a=conv(), l=nn.Linear(4, 8), b=conv(8)).eval()
    inputs = torch.zeros(1, 3, SIZE, SIZE), torch.zeros(1, 4)
    net = rfsearch.from_torch(module, example_inputs=inputs)
    assert (net.rf, net.output_size, net.sees_all) == (5, SIZE, False)
    assert (net.totals["params"], net.totals["macs"]) == counted(module, *inputs)


def raw_audio(s, x):
    return s.a(x.unsqueeze(1))


def test_batch_and_time_alone_are_an_input_given_or_not():
    module = Net(raw_audio, a=nn.Conv1d(1, 4, 9, 3)).eval()
    given = rfsearch.from_torch(module, example_inputs=torch.zeros(1, 100))
    tried = rfsearch.from_torch(module, 100)
    for net in (given, tried):
        assert (net.input, net.input_channels, net.rf, net.output_size) == ((100,), 1, 9, 31)


def test_a_lazy_module_is_read_and_stays_lazy():
    module = nn.Sequential(nn.LazyConv2d(8, 3), nn.ReLU(), nn.LazyConv2d(4, 3))
    net = rfsearch.from_torch(module, SIZE, 3)
    assert net.totals["params"] == 8 * 28 + 4 * 73
    assert isinstance(module[0], nn.LazyConv2d)


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv(3, 8, stride=2)
        self.layers = nn.Sequential(conv(8, 8, groups=8), nn.GELU(), conv(8, 8, 1))
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        return self.head(torch.fft.fft2(self.layers(self.stem(x))).real.mean((2, 3)))


def test_until_ends_the_network_with_a_module():
    net = rfsearch.from_torch(Backbone(), SIZE, until="layers.0")
    assert [row.layer for row in net] == ["stem", "layers.0"]
    assert net.rf == 7
    assert not any("taken to see" in line for line in net.findings)


def test_until_passes_by_what_torch_cannot_trace():
    class Untraceable(Backbone):
        def forward(self, x):
            y = self.layers(self.stem(x))
            return y if y.sum() > 0 else -y

    with pytest.raises(rfsearch.UsageError, match="until="):
        rfsearch.from_torch(Untraceable(), SIZE)
    assert rfsearch.from_torch(Untraceable(), SIZE, until="layers").rf == 7


@pytest.mark.parametrize(
    ("how", "rf", "everything"), [("pointwise", 3, False), ("global", 3, True)]
)
def test_a_treated_module_is_what_it_is_said_to_be_and_keeps_params_and_macs(how, rf, everything):
    plain = rfsearch.from_torch(Backbone(), SIZE, until="layers")
    net = rfsearch.from_torch(Backbone(), SIZE, until="layers", treat={"layers": how})
    assert [row.layer for row in net] == ["stem", "layers"]
    assert (net.rf, net.sees_all) == (rf, everything)
    for cost in ("params", "macs"):
        assert net.totals[cost] == plain.totals[cost]


@pytest.mark.parametrize(
    ("keywords", "reason"),
    [
        ({"until": "layer"}, "until: Backbone has no module 'layer'; near it: 'layers'"),
        ({"treat": {"haed": "global"}}, "treat: Backbone has no module 'haed'; near it: 'head'"),
        ({"treat": {"head": "local"}}, "'local' is not 'pointwise' or 'global'"),
        ({"treat": {"stem": "pointwise"}}, "not pointwise, from 16×16 positions it makes 8×8"),
        ({"example_inputs": 3}, "example_inputs: int is no tensor"),
    ],
)
def test_a_keyword_that_does_not_fit_is_named_with_what_would(keywords, reason):
    with pytest.raises(rfsearch.UsageError) as raised:
        rfsearch.from_torch(Backbone(), SIZE, **keywords)
    assert reason in str(raised.value)


def test_without_a_size_or_an_example_the_error_names_both():
    with pytest.raises(rfsearch.UsageError, match="a size, like 224, is needed, or example_inputs"):
        rfsearch.from_torch(Backbone())
