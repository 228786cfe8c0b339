"""Making the parts of a dataset by a crew, and checking those that are there already."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rfsearch.enumeration.crew import Crew, Job
from rfsearch.enumeration.dataset import Dataset
from rfsearch.enumeration.manifest import Manifest
from rfsearch.enumeration.part import part_of_text
from rfsearch.enumeration.store import store_at
from rfsearch.errors import UsageError

THREADS = 1  # of a worker: workers, not threads, fill a machine


@dataclass(frozen=True)
class Made:
    """What became of a part: its name and bytes; not `made` where it was there and is whole."""

    number: int
    name: str
    bytes: int
    made: bool


def make(dataset: Dataset, crew: Crew, check: bool = True) -> Generator[Made, None, None]:
    """Make what is missing, and what is found damaged where `check`; each as it is done.

    Ends when every part is there and the ranges prove it. However it is left, nothing half done
    is: no worker of the crew is at work then.
    """
    ranges = dataset.manifest.ranges
    missing = set(dataset.missing())
    numbers = range(len(ranges)) if check else sorted(missing)
    try:
        yield from done(dataset, crew, numbers)
    finally:
        dataset.store.tidy()
    still = dataset.missing()
    if still:
        raise UsageError(f"{dataset.store.address}: {ranges.name(still[0])} was taken away")


def done(dataset: Dataset, crew: Crew, numbers: Sequence[int]) -> Iterator[Made]:
    """The parts of these numbers: there and whole, or made."""
    job = Job(
        "rfsearch.enumeration.making:made",
        {"manifest": dataset.manifest.text(), "store": dataset.store.address, "threads": THREADS},
    )
    for answer in crew.work(job, list(numbers)):
        yield Made(**answer)


def made(common: dict[str, Any], number: int) -> dict[str, Any]:
    """A worker's task: part `number` is there and whole, or it is made. Returns a Made."""
    text = common["manifest"]
    dataset = Dataset(store_at(common["store"]), Manifest.read(text, "manifest"))
    return asdict(ensured(dataset, number, lambda: part_of_text(text, number, common["threads"])))


def ensured(dataset: Dataset, number: int, bytes_of: Callable[[], bytes]) -> Made:
    """Part `number`, kept where it is whole, else created from `bytes_of`.

    Where another worker was faster, its part stands: it has the same bytes.
    """
    name = dataset.manifest.ranges.name(number)
    kept = dataset.kept(number)
    if kept is not None:
        return Made(number, name, kept, made=False)
    data = bytes_of()
    dataset.store.create(name, data)
    return Made(number, name, len(data), made=True)
