"""The oracle of layers and blocks, held against the network reader on random stacks."""

from dataclasses import replace
from fractions import Fraction

import naive_blocks
import naive_notation as notation
import pytest
from conftest import FIXED
from hypothesis import example, given, settings
from hypothesis import strategies as st
from naive_language import Space
from naive_stages import Query, figures
from spaces import EXAMPLES

import rfsearch

held = settings(deadline=None, max_examples=6 * EXAMPLES, derandomize=FIXED)
WIDTHS = (1, 2, 3, 4, 6)


@st.composite
def windows(draw, axes, strides=(1, 1, 2, 3), ops=("C", "C", "DW", "MP", "AP"), keep=None):
    """The text of one convolution or pool, rectangular now and then; of `keep` channels."""
    op = draw(st.sampled_from(ops))

    def number(values):
        some = [draw(st.sampled_from(values)) for _ in range(axes)]
        one = draw(st.integers(0, 3)) > 0 or len(set(some)) == 1
        return some[:1] * axes if one else some

    kernels = number((1, 2, 3, 3, 5))
    if op in ("MP", "AP") and max(kernels) < 2:
        kernels = [2] * axes
    stride = number(strides)
    dilation = number((1, 1, 2)) if op in ("C", "DW") and max(kernels) > 1 else [1] * axes
    growth = [d * (k - 1) for d, k in zip(dilation, kernels, strict=True)]
    rule = draw(st.sampled_from(("half", "half", "half", "none", "same", "causal")))
    before = [0] * axes if rule == "none" else [grown // 2 for grown in growth]
    after = list(before)
    if rule == "causal":
        before[0], after[0] = growth[0], 0
    channels = keep or draw(st.sampled_from(WIDTHS))
    groups = draw(st.sampled_from((1, 1, 1, 2))) if op == "C" and channels % 2 == 0 else 1
    layer = notation.Layer(
        op,
        kernel=notation.agreed(kernels),
        stride=notation.agreed(stride),
        padding="same"
        if rule == "same"
        else notation.padded(list(zip(before, after, strict=True))),
        dilation=notation.agreed(dilation),
        channels=channels if op == "C" else None,
        groups=groups,
        ceil=op in ("MP", "AP") and draw(st.booleans()),
        norm=op in ("C", "DW") and draw(st.booleans()),
    )
    bias = not layer.norm if op not in ("C", "DW") else draw(st.booleans())
    return replace(layer, bias=bias).text()


@st.composite
def stacks(draw, axes, deep=2, strides=(1, 1, 2), ops=("C", "C", "DW", "MP", "AP")):
    """The text of one to three items, blocks within blocks `deep` times."""
    return "-".join(draw(_items(axes, deep, strides, ops)) for _ in range(draw(st.integers(1, 3))))


@st.composite
def _items(draw, axes, deep, strides, ops):
    kind = draw(
        st.sampled_from(("layer", "layer", "R", "I", "|", "+", "SE") if deep else ("layer",))
    )
    if kind == "layer":
        return draw(windows(axes, strides, ops))
    if kind == "SE":
        return f"SE{draw(st.sampled_from((1, 2)))}{draw(st.sampled_from(('', 'B0')))}"
    if kind in "RI":
        return f"{kind}({draw(stacks(axes, deep - 1, strides, ops))})"
    # Branches mostly of one stride and of sizes that agree, or all would be refused.
    stride = draw(st.sampled_from((1, 1, 1, 2)))
    width = draw(st.sampled_from(WIDTHS))
    branches = []
    for _ in range(draw(st.integers(2, 3))):
        last = draw(windows(axes, (stride,), ("C",), keep=width if kind == "+" else None))
        before = draw(st.integers(0, 2))
        branches.append(
            f"{draw(stacks(axes, deep - 1, (1,), ops))}-{last}" if before == 0 else last
        )
    if stride == 1 and draw(st.integers(0, 3)) == 0:
        branches[draw(st.integers(0, len(branches) - 1))] = "ID"
    return f"({kind.join(branches)})"


HEADS = ("", "GAP", "GAP-5FC", "4FC-2FCB0", "4C1N-GAP-3FC")


@st.composite
def networks(draw):
    """(notation without its head, head, input sizes, input channels)."""
    axes = draw(st.integers(1, 3))
    sizes = tuple(draw(st.integers(4, 30)) for _ in range(axes))
    body = "-".join(draw(stacks(axes)) for _ in range(draw(st.integers(1, 3))))
    return body, draw(st.sampled_from(HEADS)), sizes, draw(st.sampled_from((1, 3, 4)))


def listing(text, sizes, channels, rounding="floor"):
    """(the last Tensor, costs) as the oracle finds them, or None."""
    x = naive_blocks.input_tensor(sizes, channels)
    costs = dict.fromkeys(("depth", "params", "macs", "entropy", "peak_memory"), 0)
    costs["activations"] = x.values
    for item in notation.read(text):
        ran = naive_blocks.run(item, x, rounding)
        if ran is None:
            return None
        for cost in ("depth", "params", "macs", "entropy", "activations"):
            costs[cost] += getattr(ran, cost)
        costs["peak_memory"] = max(costs["peak_memory"], ran.peak)
        x = ran.out
    return x, costs


def joins_unequal_tensors(network):
    """Whether a sum or a concatenation joins tensors of different sizes, widths or jumps."""
    for node in network.nodes:
        joined = [network.nodes[at] for at in node.inputs]
        sizes, widths = {one.sizes for one in joined}, {one.channels for one in joined}
        jumps = {tuple(field.jump for field in one.fields) for one in joined}
        if len(sizes) > 1 or len(jumps) > 1 or (node.op != "|" and len(widths) > 1):
            return True
    return False


@held
@given(networks())
@example(("R(8C3P1-(ID|8C3P1)-SE2-11C1)-SE1-16C1", "GAP-5FC", (9, 7), 11))
def test_oracle_and_network_agree_on_every_figure(drawn):
    """Notation, sizes, fields, work, weights, live memory: two readers, one answer."""
    body, head, sizes, channels = drawn
    text = f"{body}-{head}" if head else body
    expected, features = listing(text, sizes, channels), listing(body, sizes, channels)
    try:
        network = rfsearch.parse(text, sizes, input_channels=channels, bytes_per_value=1)
        before = rfsearch.parse(body, sizes, input_channels=channels)
    except rfsearch.UsageError:
        assert expected is None
        return
    if expected is None:  # tensors of one position or width are spread over others there
        assert joins_unequal_tensors(network)
        return
    out, costs = features[0], expected[1]
    assert notation.write(notation.read(text)) == network.notation
    for name in ("params", "macs", "activations", "peak_memory"):
        assert network.totals[name] == costs[name], name
    assert before.totals["depth"] == features[1]["depth"]
    assert entropy_of(network) == costs["entropy"]
    seen = before.features
    assert (seen.sizes, seen.channels) == (out.sizes, out.channels)
    assert tuple(field.rf for field in seen.fields) == tuple(
        b - a + 1 for a, b in zip(out.start, out.end, strict=True)
    )
    assert tuple(field.rf_min for field in seen.fields) == out.shortest
    assert tuple(field.jump for field in seen.fields) == out.jump
    assert tuple(field.box(0) for field in seen.fields) == tuple(
        zip(out.start, out.end, strict=True)
    )


def entropy_of(network):
    """The logarithm of the inputs of every convolution's outputs, counted from its weights."""
    fans = [
        (node.params - node.norm_params) // node.channels - node.bias
        for node in network.nodes
        if node.op in ("C", "DW")
    ]
    return sum(naive_blocks.log_in_units(fan) for fan in fans)


@held
@given(st.lists(windows(1), min_size=1, max_size=4))
def test_variance_is_that_of_the_positions_seen_with_even_weights(chain):
    """Draw one tap of every window at random: the variance of the pixel that is reached."""
    reached, jump = {0: Fraction(1)}, 1
    x = naive_blocks.input_tensor((400,), 3)
    for layer in notation.read("-".join(chain)):
        ran = naive_blocks.run(layer, x, "floor")
        if ran is None:
            return
        x, longer = ran.out, {}
        for pixel, chance in reached.items():
            for tap in range(layer.kernel):
                at = pixel + tap * layer.dilation * jump
                longer[at] = longer.get(at, 0) + chance / layer.kernel
        reached, jump = longer, jump * layer.stride
    mean = sum(pixel * chance for pixel, chance in reached.items())
    variance = sum((pixel - mean) ** 2 * chance for pixel, chance in reached.items())
    assert Fraction(sum(x.spread), 12) == variance


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("8C3-R(8C3P1-8C3P1)-I(16C1-DW3P1-SE4-8C1)-(8C1|MP3S1P1-8C1)", 9),
        ("R(16C3S2P1-16C3P1)-GAP-10FC", 3),
    ],
)
def test_depth_counts_convolutions_and_pools(text, depth):
    """Projections among them; gates, sums and heads are none."""
    assert listing(text, (17,), 3)[1]["depth"] == depth


def test_scores_are_those_of_the_published_structure():
    """Shen et al., DeepMAD, CVPR 2023: the ResNet-18-like network and its figures."""
    body = []
    for stride, layers, kernel, inner, outer in (
        (2, 1, 5, 40, 96),
        (2, 6, 5, 40, 384),
        (2, 9, 5, 64, 384),
        (1, 10, 3, 104, 1024),
        (2, 12, 5, 104, 672),
    ):
        for number in range(layers):
            step = stride if number == 0 else 1
            middle = f"{inner}C{kernel}S{step}P{kernel // 2}N"
            body.append(f"R({inner}C1N-{middle}-{outer}C1N)")
    space = Space(stages=(), stem="32C3S2P1N")
    query = Query(inputs=((224, 224),), rounding="floor")
    (row,) = figures(space, query, (224, 224), [notation.read("-".join(body))])
    assert row.params == 11_153_088
    assert row.deepmad / 2**41 == pytest.approx(32120.203451603797, rel=1e-6)
    assert row.effectiveness / 2**32 == pytest.approx(0.2990955537315473, rel=1e-6)
