"""Tiles against the whole: a network run on an image, and on its tiles, with the same weights.

The network ends before its head, and has random weights and no activation functions, which could
hide a difference. Whatever the tiling keeps of each tile is put side by side and compared with
what the whole image gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from rfsearch.errors import LimitError, UsageError
from rfsearch.export.plan import Plan
from rfsearch.export.planner import notation_of, plan
from rfsearch.layers.layer import Stack
from rfsearch.layers.notation import parse_stack
from rfsearch.network import Network
from rfsearch.network.from_notation import Step, describe
from rfsearch.network.sizes.tiling import Tile

# Differences up to this share of the largest value are rounding: of float64, of float32.
TOLERANCES = {"torch": 1e-9, "onnxruntime": 1e-4}
# Bytes of the tensors of one run.
LARGEST_RUN = 2**31
# Where no tile size is given: the least that makes no more tiles along an axis.
FEW = 3

Runner = Callable[[Any], Any]


@dataclass(frozen=True)
class TilingVerdict:
    """One image run whole and in tiles; sizes in pixels, one entry an axis.

    difference  the largest one, as a share of the largest value of the whole
    """

    stack: str
    framework: str
    input: tuple[int, ...]
    tile: tuple[int, ...]
    tiles: int
    outputs: tuple[int, ...]
    difference: float
    tolerance: float

    @property
    def is_exact(self) -> bool:
        """Whether the tiles give what the whole gives, rounding aside."""
        return self.difference <= self.tolerance


def check_tiling(network: Network, framework: str, tile: int | None = None) -> TilingVerdict:
    """Run the network's features whole and in tiles of `tile` pixels along every axis.

    UsageError where no tiling is exact, or none of this size; LimitError where the image is too
    large to be run whole.
    """
    if framework not in TOLERANCES:
        raise UsageError(f"--with: {framework!r}: tiles run with {' or '.join(TOLERANCES)}")
    values = network.totals["peak_memory"] // network.bytes_per_value
    if 8 * values > LARGEST_RUN:
        raise LimitError(
            f"{network.name}: {8 * values:,} bytes of tensors on the whole image are more than "
            f"{LARGEST_RUN:,}; give a smaller --input"
        )
    cuts = [_cut(network, axis, tile) for axis in range(len(network.input))]
    shape = tuple(one[0].stop - one[0].start for one in cuts)
    stack = _body(network)
    channels = network.input_channels
    whole, part = (_runner(framework, plan(stack, n, channels, "")) for n in (network.input, shape))
    share = _difference(whole, part, cuts, (channels, *network.input))
    return TilingVerdict(
        stack=notation_of(network),
        framework=framework,
        input=network.input,
        tile=shape,
        tiles=prod(map(len, cuts)),
        outputs=network.features.sizes,
        difference=share,
        tolerance=TOLERANCES[framework],
    )


def _cut(network: Network, axis: int, tile: int | None) -> list[Tile]:
    tiling = network.tiling(axis)
    if tile is not None:
        return tiling.tiles(tile)
    size = tiling.least
    while size < tiling.input:
        if len(tiling.tiles(size)) <= FEW:
            return tiling.tiles(size)
        size = tiling.sizes.above(size)[0]
    raise UsageError(
        f"{network.name}: no tile is smaller than the input of {tiling.input}; the least is "
        f"{tiling.least}"
    )


def _body(network: Network) -> Stack:
    """The items before the head."""
    stack = parse_stack(notation_of(network))
    steps: list[Step] = []
    describe(stack, network.input, network.input_channels, steps)
    kept = []
    for item in stack:
        ends = [step.made for step in steps if step.item is item]
        if any(node.after_head for node in ends):
            break
        kept.append(item)
    body = Network(describe(tuple(kept), network.input, network.input_channels), network.name)
    if body.nodes[body.main].after_head or body.features.sizes != network.features.sizes:
        raise UsageError(f"{network.name}: a head put aside sees most, so no tiles can be run")
    return tuple(kept)


def _difference(
    whole: Runner, part: Runner, cuts: list[list[Tile]], shape: tuple[int, ...]
) -> float:
    import numpy as np

    image = np.random.default_rng(0).standard_normal((1, *shape))
    expected = whole(image)
    largest = 0.0
    for tiles in product(*cuts):
        piece, kept, place = (
            (slice(None), slice(None), *along)
            for along in (
                (slice(one.start, one.stop) for one in tiles),
                (slice(one.kept, one.end) for one in tiles),
                (slice(one.first, one.first + one.end - one.kept) for one in tiles),
            )
        )
        largest = max(largest, float(abs(part(image[piece])[kept] - expected[place]).max()))
    return largest / max(float(abs(expected).max()), 1e-300)


def _runner(framework: str, made: Plan) -> Runner:
    """A function from an image to the features, the weights the same for every size."""
    return _with_torch(made) if framework == "torch" else _with_onnxruntime(made)


def _with_torch(made: Plan) -> Runner:
    from rfsearch.export.live import require_torch, torch_module

    require_torch()
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = torch_module(made).double().eval()

    def run(image: Any) -> Any:
        with torch.no_grad():
            found = module(torch.from_numpy(image))
        return (found[made.main] if isinstance(found, tuple) else found).numpy()

    return run


def _with_onnxruntime(made: Plan) -> Runner:
    from rfsearch.claims.with_onnxruntime import session_of
    from rfsearch.export.onnx_graph import INPUT, onnx_model

    session = session_of(onnx_model(made, batch=1))

    def run(image: Any) -> Any:
        return session.run(None, {INPUT: image.astype("float32")})[made.main]

    return run
