"""Sizes of files and modules: the rule is what the framework itself takes, size by size."""

from __future__ import annotations

import warnings

import pytest

import rfsearch
from rfsearch.errors import UsageError

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional

# Sizes that are run one by one.
TRIED = range(1, 101)


class UNet(nn.Module):
    """One level: a skip, a pool, and back by a transposed convolution or a resize to its size."""

    def __init__(self, resized=False):
        super().__init__()
        self.resized = resized
        self.down = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.deep = nn.Conv2d(8, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 8, 2, 2)

    def forward(self, image):
        skip = self.down(image)
        deep = self.deep(functional.max_pool2d(skip, 2))
        back = functional.interpolate if self.resized else lambda one, size: self.up(one)
        return torch.cat([skip, back(deep, size=skip.shape[2:])], 1)


class Classifier(nn.Module):
    """Linear after a flatten: as many positions as it has weights for."""

    def __init__(self, pool=None):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3))
        self.pool = pool or nn.Identity()
        self.last = nn.Linear(4 * 36, 10)

    def forward(self, image):
        return self.last(self.pool(self.body(image)).flatten(1))


class Cropped(nn.Module):
    """A valid convolution beside its input, cropped to its middle."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 5)

    def forward(self, image):
        wide = self.first(image)
        narrow = self.second(wide)
        edge = (wide.shape[2] - narrow.shape[2]) // 2
        return wide[:, :, edge : edge + narrow.shape[2], edge : edge + narrow.shape[3]] + narrow


def runs(module, n):
    """Whether torch runs the module on a square image."""
    try:
        with torch.no_grad():
            module(torch.zeros(1, 3, n, n))
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize(
    ("module", "given", "rule"),
    [
        (UNet(), 32, "multiples of 2"),
        (UNet(resized=True), 33, "every size from 2 on"),
        (Classifier(), 32, "31, 32, 33, 34"),
        (Classifier(nn.AdaptiveAvgPool2d(6)), 32, "every size from 11 on"),
        (Cropped(), 40, "every size from 7 on"),
    ],
)
def test_the_rule_of_a_module_is_what_torch_takes(module, given, rule):
    module.eval()
    sizes = rfsearch.from_torch(module, given).sizes()
    assert sizes.rule == rule
    assert given in sizes.read_at and len(sizes.read_at) > 2
    assert [n for n in TRIED if n in sizes.works] == [n for n in TRIED if runs(module, n)]


def test_a_size_error_of_a_module_names_sizes_and_not_the_training_mode():
    with pytest.raises(UsageError) as raised:
        rfsearch.from_torch(UNet().train(), 33)
    said = str(raised.value)
    assert "nearest input sizes that work: 32, 34 (multiples of 2)" in said
    assert "training" not in said


def test_a_batch_norm_that_refuses_one_position_is_blamed_on_the_training_mode():
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(8))
    with pytest.raises(UsageError, match=r"try module.eval\(\)"):
        rfsearch.from_torch(module.train(), 32)
    assert rfsearch.from_torch(module.eval(), 32).rf == 3


@pytest.fixture
def file(tmp_path):
    """Saves a module as ONNX, its axes free or fixed."""

    def saved(module, n, free):
        path = tmp_path / "model.onnx"
        pytest.importorskip("onnx")
        names = {"image": {2: "rows", 3: "columns"}} if free else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.onnx.export(
                module.eval(), (torch.zeros(1, 3, n, n),), str(path), input_names=["image"],
                dynamic_axes=names, dynamo=False,
            )  # fmt: skip
        return path

    return saved


@pytest.mark.parametrize("free", [True, False])
def test_the_rule_of_a_file_is_that_of_its_module(file, free):
    path = file(UNet(), 32, free)
    assert rfsearch.load(path, 32).sizes().rule == "multiples of 2"
    with pytest.raises(UsageError, match="nearest input sizes that work: 32, 34"):
        rfsearch.load(path, 33)


def test_a_file_without_a_rule_says_at_which_sizes_it_was_read(file):
    """A reshape to numbers of its own: read at one size, refused at every other."""

    class Folded(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 4, 3, padding=1)

        def forward(self, image):
            return self.first(image).reshape(1, 4, 32 * 32).mean(2)

    net = rfsearch.load(file(Folded(), 32, free=False))
    with pytest.raises(UsageError, match="has no rule; read at 32"):
        net.sizes()


def test_tiles_of_a_module_that_changes_with_its_input_are_refused():
    class Pooled(nn.Module):
        """A pool to 2×2 beside the features, resized to their size."""

        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 4, 3, padding=1)

        def forward(self, image):
            made = self.first(image)
            pooled = functional.adaptive_avg_pool2d(made, 2)
            return torch.cat([made, functional.interpolate(pooled, scale_factor=32)], 1)

    with pytest.raises(UsageError, match="tiles cannot reproduce the whole image"):
        rfsearch.from_torch(Pooled(), 64).tiling()
    tiling = rfsearch.from_torch(UNet().eval(), 64).tiling()
    assert (tiling.alignment, tiling.sizes.rule) == (2, "multiples of 2 from 10 on")
