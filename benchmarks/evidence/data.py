"""Images that a package ships: Fashion-MNIST of Debian, or scikit-learn's digits; no download.

`apt install dataset-fashion-mnist` puts the files in FOLDER. Where they are missing, the digits of
scikit-learn (1,797 of 8×8 pixels) stand in for them, each pixel three times as large within a
border of two, so that the same networks fit.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path("/usr/share/datasets/fashion-mnist")
SIDE = 28
CLASSES = 10
TRAINED, TESTED = 4_000, 5_000  # of 60,000 and 10,000: CPU, under an hour a study


@dataclass(frozen=True)
class Images:
    """float32 images [n, 1, 28, 28] of mean 0 and deviation 1, int64 labels [n]."""

    name: str
    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


def load(folder: Path = FOLDER) -> Images:
    """The first images of each set, the same ones every time."""
    if (folder / "train-images-idx3-ubyte.gz").is_file():
        parts = [_idx(folder, part, kind) for part in ("train", "t10k") for kind in (3, 1)]
        name = "Fashion-MNIST"
    else:
        parts, name = _digits(), "digits of scikit-learn"
    train, train_labels, test, test_labels = parts
    train, test = train[:TRAINED], test[:TESTED]
    mean, deviation = float(train.mean()), float(train.std())
    return Images(
        name,
        ((train - mean) / deviation).astype(np.float32)[:, None],
        train_labels[:TRAINED].astype(np.int64),
        ((test - mean) / deviation).astype(np.float32)[:, None],
        test_labels[:TESTED].astype(np.int64),
    )


def _idx(folder: Path, part: str, axes: int) -> np.ndarray:
    """An IDX file: four bytes of type, a big-endian length an axis, then bytes."""
    kind = "images" if axes == 3 else "labels"
    data = gzip.decompress((folder / f"{part}-{kind}-idx{axes}-ubyte.gz").read_bytes())
    shape = np.frombuffer(data, ">i4", axes, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _digits() -> list[np.ndarray]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    large = np.kron(digits.images, np.ones((1, 3, 3)))
    border = (SIDE - large.shape[1]) // 2
    images = np.pad(large, ((0, 0), (border, border), (border, border)))
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = images[order], digits.target[order]
    return [images[:1200], labels[:1200], images[1200:], labels[1200:]]
