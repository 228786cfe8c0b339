"""Write rfsearch/kernels/native/variants.txt anew: `python tests/variants.py`.

The variants of kernels that the frozen commands use, each compiled here, so that what takes longest
stands first; and of them those of a search of a plain space. tests/test_warm.py holds the list.
"""

import pkgutil
import tempfile
import time
from importlib import import_module
from pathlib import Path

import rfsearch
import rfsearch.kernels
from rfsearch.kernels.native.ahead import LIST, SEARCH, kernel_named
from rfsearch.kernels.native.kernel import Kernel
from rfsearch.kernels.native.passing import signature


def called():
    """(kernel, signature) of all that this process has called."""
    for module in pkgutil.iter_modules(rfsearch.kernels.__path__):
        for value in vars(import_module(f"rfsearch.kernels.{module.name}")).values():
            if isinstance(value, Kernel):
                for kinds in value.variants:
                    yield value.name, signature(kinds)


def search():
    """A search of a plain space as the screen shows it, and its lists and front as files."""
    from one_question import said

    with tempfile.TemporaryDirectory() as folder:
        said("--target-rf", "224", "--input", "227", "-o", str(Path(folder) / "screen.txt"))
        said("--target-rf", "31", "--input", "64", "--count")


def everything():
    """Every frozen command; every match and a sample, as datasets have them."""
    from freeze import COMMANDS, answer

    for name in COMMANDS:
        answer(name)
    found = rfsearch.Space(depth=(1, 4)).search(64, 31)
    assert sum(map(len, found.stacks(1))) + 1 == found.count()
    found.sample(10)


def main():
    """Ask, compile once more with a clock, write."""
    search()
    plain = set(called())
    everything()
    seconds = {}
    for name, text in set(called()):
        kernel = kernel_named(name)
        start = time.perf_counter()
        Kernel(kernel.function, kernel.flags).compiled(text)
        seconds[name, text] = time.perf_counter() - start
    lines = [
        f"{SEARCH if one in plain else 'other'} {one[0]} {one[1]}\n"
        for one in sorted(seconds, key=lambda one: -seconds[one])
    ]
    LIST.write_text("".join(lines))
    print(f"{len(lines)} variants, {sum(seconds.values()):.0f} s")


if __name__ == "__main__":
    main()
