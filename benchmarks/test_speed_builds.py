"""Builds of presets beside those of an earlier checkout, which `RFSEARCH_BEFORE` names.

Both run in processes of their own and build in turn, so that what slows the machine slows both. The
presets are the earlier ones, and both must find as many states and transitions.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BEFORE = os.environ.get("RFSEARCH_BEFORE", "")
STAGED = (
    "alexnet", "dense-segmentation", "microcontroller", "mobilenet", "patchgan", "resnet",
    "spectrogram", "tcn", "vgg",
)  # fmt: skip
GRAMMARS = ("microcontroller",)
ROUNDS = 9


class Worker:
    """A process that builds with the package of one checkout."""

    def __init__(self, root):
        self.process = subprocess.Popen(
            [sys.executable, HERE / "build_worker.py"],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, word, what):
        """(processor seconds, how much was made)."""
        self.process.stdin.write(f"{word} {what}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["seconds"], answer["made"]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture(scope="module")
def workers():
    """(the earlier checkout's, ours)."""
    if not BEFORE:
        pytest.skip("RFSEARCH_BEFORE names no checkout to compare with")
    both = Worker(Path(BEFORE).resolve()), Worker(HERE.parent)
    yield both
    for worker in both:
        worker.end()


def config(name):
    return Path(BEFORE).resolve() / "configs" / f"{name}.toml"


def compared(workers, word, what, note, number=ROUNDS):
    """Both in turn, the first time (kernels are loaded) not counted."""
    (_, theirs), (_, ours) = [worker.ask(word, what) for worker in workers]
    rounds = [[worker.ask(word, what)[0] for worker in workers] for _ in range(number)]
    before, now = (statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    note("seconds before", before)
    note("our seconds", now)
    note("ratio", statistics.median(one / other for one, other in rounds), "≥ 5")
    return theirs, ours


@pytest.mark.parametrize("name", STAGED)
def test_build_of_a_preset(workers, name, note):
    """Space, control, spots and states, from the options on."""
    theirs, ours = compared(workers, "build", config(name), note)
    assert ours == theirs


@pytest.mark.parametrize("name", GRAMMARS)
def test_control_of_a_preset(workers, name, note):
    """What may follow what, from the options on."""
    theirs, ours = compared(workers, "control", config(name), note)
    assert ours == theirs


def test_grammar_of_a_neighbourhood(workers, note):
    """ResNet-18 within three changes: the control, and the plan of its links."""
    theirs, ours = compared(workers, "like", "resnet18", note, 1)
    assert ours == theirs
