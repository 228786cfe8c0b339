"""The onnx package's own tests of its operators, asked of rfsearch: shapes and what is reached.

    python tests/onnx_backend.py                # operators that are followed, some minutes
    python tests/onnx_backend.py Resize Pad     # these alone, or any others
    python tests/onnx_backend.py --all Einsum   # cases that were refused or skipped, too

Each case is a model of one operator, or its definition in terms of others, with an input. The
first input becomes the image, its dimensions (batch, channels, axes…) as rfsearch reads them; the
others are stored in the file. Then positions are disturbed one axis at a time and the reference
evaluator says which outputs change: that must be what rfsearch follows back, and each output's
shape must be the evaluator's.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from rfsearch.errors import RfsearchError
from rfsearch.network.network import Network
from rfsearch.network.onnx.ends import ends, finished
from rfsearch.network.onnx.operators import OPERATORS
from rfsearch.network.onnx.read import reading_of
from rfsearch.network.tensor import BATCH, CHANNELS

RIGHT, SHAPE, WIDER, WRONG = "right", "right shape", "sees more", "wrong"
DIFFERS, REFUSED, SKIPPED = "differs", "refused", "skipped"
# Where rfsearch means to say something else than the evaluator.
MEANT = {
    "dynamicquantizelinear": "scales that follow the image's range do not count as seeing it",
    "scales_linear_align_corners": "onnxruntime's rule, by the size that comes out",
    "scales_cubic_align_corners": "onnxruntime's rule, by the size that comes out",
}
# Operators that change what they are given each time, or are told apart only by training.
RANDOM = ("Bernoulli", "Dropout", "RandomNormalLike", "RandomUniformLike", "Multinomial")
MOST_VALUES = 20_000
MOST_OUTPUTS = 400
ROUNDS = 4


@dataclass
class Outcome:
    """What came of one case: one of the words above, and why."""

    name: str
    op: str
    word: str
    why: str = ""


def cases(operators=()):
    """(name, operator, model, inputs) of every case of the package for operators, by default
    those that the reader follows."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    for case in found:
        op = case.model.graph.node[0].op_type
        whole = next((one for one in found if f"{one.name}_expanded" in case.name), None)
        op = whole.model.graph.node[0].op_type if whole is not None else op
        if case.data_sets and op in (operators or OPERATORS):
            yield case.name, op, case.model, list(case.data_sets[0][0])


def outcome(name, op, model, inputs, folder):
    """The case as rfsearch and the evaluator see it."""
    if op in RANDOM:
        return Outcome(name, op, SKIPPED, "random")
    if not inputs or not isinstance(inputs[0], np.ndarray) or inputs[0].dtype.kind not in "fiub":
        return Outcome(name, op, SKIPPED, "its input is no array of numbers")
    if not 1 <= inputs[0].ndim <= 5 or not 1 < inputs[0].size <= MOST_VALUES:
        return Outcome(name, op, SKIPPED, f"an input of shape {inputs[0].shape}")
    alone = with_stored(model, inputs)
    if alone is None:
        return Outcome(name, op, SKIPPED, "an input that is no tensor")
    run = by_reference(alone)
    try:
        expected = run(inputs[0])
    except Exception as error:
        return Outcome(name, op, SKIPPED, f"the evaluator refuses: {str(error)[:60]}")
    if not isinstance(expected, np.ndarray):
        return Outcome(name, op, SKIPPED, "its output is no array")
    path = folder / "case.onnx"
    onnx.save(alone, path)
    found = compared(Outcome(name, op, RIGHT), path, run, inputs[0])
    meant = [why for part, why in MEANT.items() if part in name]
    if found.word == WRONG and meant:
        found.word, found.why = DIFFERS, meant[0]
    return found


def by_reference(model):
    """The model's first output as a function of its input, by the reference evaluator."""
    evaluator, name = ReferenceEvaluator(model), model.graph.input[0].name
    return lambda image: evaluator.run(None, {name: image})[0]


def by_onnxruntime(model):
    """The same by onnxruntime."""
    import measure

    session, name = measure.session(model), model.graph.input[0].name
    return lambda image: session.run(None, {name: image})[0]


def with_stored(model, inputs):
    """The model with all inputs but the first stored in it; None where one cannot be."""
    alone = onnx.ModelProto()
    alone.CopyFrom(model)
    names = [value.name for value in alone.graph.input]
    for name, array in list(zip(names, inputs, strict=True))[1:]:
        if not isinstance(array, np.ndarray | np.generic):
            return None
        alone.graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
    del alone.graph.input[1:]
    del alone.graph.output[1:]
    alone.graph.input[0].CopyFrom(
        helper.make_tensor_value_info(
            names[0], helper.np_dtype_to_tensor_dtype(inputs[0].dtype), inputs[0].shape
        )
    )
    return alone


def compared(found, path, run, image):
    """What rfsearch reads in a file, beside what `run` makes of an image."""
    expected = np.asarray(run(image))
    try:
        reading, model = reading_of(path, None)
        wanted, _ = ends(model, None)
        tensor, constant = reading.tensors.get(wanted[0]), reading.constants.get(wanted[0])
        if constant is not None:
            found.word = RIGHT if constant.shape == expected.shape else WRONG
            found.why = f"a constant of {constant.shape}, {expected.shape}"
            return found
        network = Network(finished(model, reading, wanted), "case")
    except RfsearchError as error:
        found.word, found.why = REFUSED, str(error)
        return found
    if tensor is None:
        found.word, found.why = REFUSED, "; ".join(network.stopped)
        return found
    if tensor.shape != expected.shape:
        found.word, found.why = WRONG, f"shape {tensor.shape}, not {expected.shape}"
        return found
    start = reading.tensors[model.graph.input[0].name]
    return reached(found, run, image, network, tensor, positions_of(start, network.input))


def reached(found, run, image, network, tensor, image_axes):
    """What outputs see, followed back and measured."""
    expected = np.asarray(run(image))
    axes = positions_of(tensor, network.nodes[network.outputs[0]].sizes)
    if axes is None or expected.size == 0:
        found.word = SHAPE
        return found
    changed = disturbed(run, image, expected, image_axes)
    sizes = network.nodes[network.outputs[0]].sizes
    for at in sample(sizes):
        # All channels and images of one position.
        where = [slice(None)] * expected.ndim
        for axis, dim in enumerate(axes):
            if dim is not None:
                where[dim] = at[axis]
        for axis, seen in enumerate(network.reach(at, network.outputs[0])):
            measured = [place for place, one in enumerate(changed[axis]) if one[tuple(where)].any()]
            why = f"position {at}, axis {axis}: sees {seen}, measured {measured}"
            if set(measured) - set(seen):
                found.word, found.why = WRONG, why
                return found
            if len(measured) < len(seen) and found.word == RIGHT:
                found.word, found.why = WIDER, why
    return found


def positions_of(tensor, sizes):
    """A tensor's dimension of each axis, None where that is of one position; None where a
    dimension holds several axes, or a part of one."""
    axes = [None] * len(sizes)
    for dim, atoms in enumerate(tensor.dims):
        for label, size in atoms:
            if label in (CHANNELS, BATCH):
                if len(atoms) > 1 and any(isinstance(one, int) for one, _ in atoms):
                    return None
                continue
            if len(atoms) > 1 or not isinstance(label, int) or size != sizes[label]:
                return None
            axes[label] = dim
    return axes


def disturbed(run, image, expected, axes):
    """For each axis and position of the image: which outputs change when it is disturbed.

    `axes` are the image's dimensions, None where an axis has one position.
    """
    chance = np.random.default_rng(0)
    found = []
    for dim in axes:
        places = []
        for place in range(1 if dim is None else image.shape[dim]):
            where = (...,) if dim is None else (slice(None),) * dim + (place,)
            changes = np.zeros(expected.shape, bool)
            for step in range(ROUNDS):
                other = image.copy()
                other[where] = another(image, where, step, chance)
                made = np.asarray(run(other))
                if made.shape != expected.shape:
                    changes[...] = True  # how much comes out depends on what goes in
                    continue
                changes |= ~alike(made, expected)
            places.append(changes)
        found.append(places)
    return found


def alike(made, expected):
    """Where two arrays agree but for rounding, or are no numbers both."""
    same = (made == expected) | ((made != made) & (expected != expected))
    if expected.dtype.kind == "f":
        same |= np.abs(made - expected) <= 1e-5 * np.abs(expected)
    return same


def another(image, where, step, chance):
    """Other values for a part of the image, of the same kind: near, larger, smaller, any."""
    part = image[where]
    if image.dtype == bool:
        return ~part
    kinds = np.iinfo if image.dtype.kind in "iu" else np.finfo
    finite = image[np.isfinite(image)]
    low, high = (finite.min(), finite.max()) if finite.size else (0, 1)
    if step == 0:
        return part ^ 1 if image.dtype.kind in "iu" else part * 1.5 + 0.25
    if step == 3:
        return chance.uniform(float(low), float(high), part.shape).astype(image.dtype)
    span = 2 * (float(high) - float(low)) + 1
    far = float(high) + span if step == 1 else float(low) - span
    return np.full_like(part, np.clip(far, kinds(image.dtype).min, kinds(image.dtype).max))


def sample(shape):
    """Positions of outputs, evenly spread where there are many."""
    total = int(np.prod(shape))
    step = max(-(-total // MOST_OUTPUTS), 1)
    found = [np.unravel_index(number, shape) for number in range(0, total, step)]
    return [tuple(map(int, index)) for index in found]


def main():
    """Print one line an operator, and one for every case that is not right."""
    import tempfile
    from pathlib import Path

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("operators", nargs="*")
    parser.add_argument("--all", action="store_true", help="name refused and skipped cases, too")
    args = parser.parse_args()
    shown = (WRONG, WIDER, DIFFERS, REFUSED, SKIPPED) if args.all else (WRONG, WIDER)
    counts: dict[str, Counter] = {}
    with tempfile.TemporaryDirectory() as folder, np.errstate(all="ignore"):
        for name, op, model, inputs in cases(args.operators):
            one = outcome(name, op, model, inputs, Path(folder))
            counts.setdefault(op, Counter())[one.word] += 1
            if one.word in shown:
                print(f"  {one.name}: {one.word}: {one.why}")
    for op in sorted(counts):
        print(f"{op:28}" + ", ".join(f"{word} {count}" for word, count in counts[op].items()))
    totals = sum(counts.values(), Counter())
    print("\nall: " + ", ".join(f"{word} {count}" for word, count in totals.items()))
    return 1 if totals[WRONG] else 0


if __name__ == "__main__":
    sys.exit(main())
