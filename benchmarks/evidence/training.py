"""One recipe for every network: what a stack's test accuracy is after a short training.

SGD with Nesterov momentum, one cycle of the learning rate (Smith and Topin 2019), no augmentation.
The recipe (recipe.py) was fixed before any network was compared, and none has one of its own.
"""

from __future__ import annotations

import time

import torch
from torch import nn

import rfsearch
from benchmarks.evidence.data import Images
from benchmarks.evidence.recipe import BATCH, DECAY, EPOCHS, MOMENTUM, RATE


def accuracy(stack: str, seed: int, images: Images) -> tuple[float, float]:
    """(percent of the test images that are named rightly, seconds of training), on one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    started = time.perf_counter()
    network = rfsearch.to_torch(rfsearch.parse(stack, images.train.shape[-1], input_channels=1))
    _train(network, images, seed)
    return _tested(network, images), time.perf_counter() - started


def _train(network: nn.Module, images: Images, seed: int) -> None:
    inputs, labels = torch.from_numpy(images.train), torch.from_numpy(images.train_labels)
    order = torch.Generator().manual_seed(seed)
    batches = len(inputs) // BATCH
    optimizer = torch.optim.SGD(
        network.parameters(), lr=RATE, momentum=MOMENTUM, nesterov=True, weight_decay=DECAY
    )
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * batches)
    network.train()
    for _ in range(EPOCHS):
        mixed = torch.randperm(len(inputs), generator=order)
        for number in range(batches):
            batch = mixed[number * BATCH : (number + 1) * BATCH]
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs[batch]).flatten(1), labels[batch]).backward()
            optimizer.step()
            cycle.step()


def _tested(network: nn.Module, images: Images) -> float:
    inputs, labels = torch.from_numpy(images.test), torch.from_numpy(images.test_labels)
    network.eval()
    with torch.no_grad():
        right = sum(
            int((network(part).flatten(1).argmax(1) == truth).sum())
            for part, truth in zip(inputs.split(500), labels.split(500), strict=True)
        )
    return 100 * right / len(labels)
