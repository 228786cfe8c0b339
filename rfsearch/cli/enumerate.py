"""`rfsearch enumerate … -o DIR`: every match as a dataset of Parquet parts, by many workers."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from rfsearch.errors import LimitError, UsageError
from rfsearch.quantity import names, whole

if TYPE_CHECKING:
    from rfsearch.cli.parser import Parser
    from rfsearch.enumeration.dataset import Dataset
    from rfsearch.enumeration.estimate import Estimate
    from rfsearch.enumeration.manifest import Manifest
    from rfsearch.enumeration.wanted import Wanted
    from rfsearch.question.found import Found

FOUND, NOTHING = 0, 1
NOT_ASKED = (
    "rank_by", "top", "distinct", "front", "count", "where", "format", "time_limit", "export",
    "force", "threads", "report", "plot",
)  # fmt: skip


def parser() -> Parser:
    """The flags of a search, for the space and its question."""
    from rfsearch.cli.parser import search_parser

    return search_parser(
        "",
        "rfsearch enumerate",
        "rfsearch enumerate --target-rf RF --input N -o DIR [options]\n"
        "       rfsearch enumerate --resume -o DIR",
        "Every match, each once, in the order of stacks, as Parquet parts in a folder or a bucket: "
        "a dataset larger than memory. How many rows is known exactly before it begins, how many "
        "bytes and how long from a sample. A run that ends early, however it does, leaves whole "
        "parts, and --resume goes on with them: it needs no question, which the dataset holds.",
        refused=NOT_ASKED,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this word has."""
    parser.conflict_handler = "resolve"  # --to is a framework elsewhere, and a rank here
    group = parser.add_argument_group("the dataset")
    group.add_argument("--from", dest="from_rank", metavar="I", help="first rank, from 0")
    group.add_argument("--to", dest="to_rank", metavar="I", help="the rank after the last")
    group.add_argument("--sample", metavar="N", help="N draws from all matches, uniform")
    group.add_argument("--seed", metavar="S", help="of the sample (default 0)")
    group.add_argument("--columns", metavar="LIST", help="columns to keep (default: all)")
    group.add_argument(
        "--layers",
        metavar="HOW",
        help="notation (a column stack) or list (a column layers, one text a layer or block)",
    )
    group.add_argument("--part-rows", metavar="N", help="rows of a part (default 1048576)")
    group.add_argument("--resume", action="store_true", help="go on with the dataset at -o")
    group.add_argument("--dry-run", action="store_true", help="say what it would take, and stop")
    group.add_argument(
        "--plan",
        action="store_true",
        help="begin it, with no part yet: each is then made by rfsearch part DIR I, anywhere",
    )
    add_crew(group)


def add_crew(group: Any) -> None:
    """Who works."""
    group.add_argument("--workers", metavar="N", help="processes (default: one a processor)")
    group.add_argument(
        "--scheduler",
        metavar="WHERE",
        help="Dask: tcp://HOST:PORT, scheduler.json, or local:N; else $DASK_SCHEDULER_ADDRESS",
    )


def run(args: argparse.Namespace) -> int:
    """Plan, say what it takes, and make what is missing; the exit code. Raises UsageError."""
    from rfsearch.cli.asking import refuse
    from rfsearch.enumeration.store import store_at

    refuse(args, NOT_ASKED, "enumerate, which writes every match")
    crew = crew_from(args)
    address = getattr(args, "output", None)
    if address is None:
        raise UsageError("--output: not given; a folder for the parts, or s3://bucket/prefix")
    store = store_at(address)
    quiet = getattr(args, "quiet", False)
    if getattr(args, "resume", False):
        dataset = _resumed(args, store)
    else:
        begun = _begun(args, store, crew.size, quiet)
        if begun is None:
            return NOTHING
        if getattr(args, "dry_run", False) or getattr(args, "plan", False):
            return FOUND
        dataset = begun
    _make(dataset, crew, quiet)
    return FOUND


def crew_from(args: argparse.Namespace) -> Any:
    """The crew that --workers or --scheduler ask for. Raises UsageError."""
    from rfsearch.enumeration.crew import MOST_WORKERS, crew_of

    workers = getattr(args, "workers", None)
    if workers is not None:
        workers = whole(workers, "--workers", 1, MOST_WORKERS)
    return crew_of(workers, getattr(args, "scheduler", None))


def _wanted(args: argparse.Namespace) -> Wanted:
    from rfsearch.enumeration.wanted import PART_ROWS, Wanted

    def number(name: str, default: int | None, least: int = 0) -> int | None:
        text = getattr(args, name, None)
        flag = "--" + name.removesuffix("_rank").replace("_", "-")
        return default if text is None else whole(text, flag, least)

    columns = getattr(args, "columns", None)
    with _flags():
        return Wanted(
            start=number("from_rank", 0) or 0,
            stop=number("to_rank", None),
            sample=number("sample", None, 1),
            seed=number("seed", 0) or 0,
            columns=None if columns is None else names(columns, "--columns"),
            layers=getattr(args, "layers", "notation"),
            part_rows=number("part_rows", PART_ROWS, 1) or PART_ROWS,
        )


@contextmanager
def _flags() -> Iterator[None]:
    """Errors about a field of Wanted name its flag."""
    try:
        yield
    except UsageError as error:
        field, colon, rest = str(error).partition(":")
        if not re.fullmatch(r"from|to|sample|seed|part_rows|columns|layers", field):
            raise
        raise UsageError(f"--{field.replace('_', '-')}{colon}{rest}") from None


def _begun(args: argparse.Namespace, store: Any, workers: int, quiet: bool) -> Dataset | None:
    """A new dataset, told of and refused where the disk is too small; None without matches."""
    from rfsearch.enumeration.dataset import Dataset
    from rfsearch.enumeration.estimate import check_room

    if not getattr(args, "dry_run", False):
        Dataset.check_place(store)
    found, manifest, estimate = _planned(args, True)
    if found.count() == 0:
        print("No stack matches; rfsearch without a word says why", file=sys.stderr)
        return None
    assert estimate is not None
    if not quiet:
        print("\n".join(_plan_lines(manifest, estimate, workers)), file=sys.stderr)
    check_room(estimate, store)
    if getattr(args, "dry_run", False):
        return Dataset(store, manifest)
    return Dataset.begun(store, manifest)


def _planned(args: argparse.Namespace, sampled: bool) -> tuple[Found, Manifest, Estimate | None]:
    """The automaton, the manifest and, where `sampled`, what the dataset will take."""
    from rfsearch.cli.asking import request_of
    from rfsearch.cli.compiling import told_of_compiling
    from rfsearch.cli.progress import watched
    from rfsearch.enumeration.estimate import estimated
    from rfsearch.enumeration.question import asked, found_of, told

    wanted = _wanted(args)
    request = request_of(args)
    question = told(request)
    made: list[Any] = []

    def plan(progress: Callable[[str, float], None]) -> None:
        progress("counting", 0.0)
        with request.placing_errors():
            found = found_of(asked(question, "question"))
            found.count()
        with _flags():
            manifest = wanted.manifest(found, question)
        progress("estimating", 0.0)
        made.extend((found, manifest, estimated(manifest, found) if sampled else None))

    with told_of_compiling(request):
        watched(plan, None if request["quiet"] else sys.stderr)
    return made[0], made[1], made[2]


def _plan_lines(manifest: Manifest, estimate: Estimate, workers: int) -> list[str]:
    """What the dataset will take, exact and estimated told apart."""
    from rfsearch.enumeration.estimate import in_bytes

    what = "draws from" if manifest.seed is not None else "of"
    parts = len(manifest.ranges)
    return [
        f"{_some(manifest.rows, 'row')}, {what} {manifest.matches:,} matches, in "
        f"{_some(parts, 'part')} of {manifest.ranges.rows:,}",
        f"about {in_bytes(estimate.bytes)} and {_duration(estimate.seconds(workers))} with "
        f"{_some(workers, 'worker')}, estimated from {_some(estimate.sampled, 'row')}",
    ]


def _resumed(args: argparse.Namespace, store: Any) -> Dataset:
    """The dataset that is there, if it is the one asked for, where a question is asked at all."""
    from rfsearch.enumeration.dataset import Dataset
    from rfsearch.request.options import ANSWER, OPTIONS

    dataset = Dataset.found(store)
    dataset.manifest.check_versions(store.address)
    if hasattr(args, "config") or any(
        hasattr(args, name) for name, option in OPTIONS.items() if option.room != ANSWER
    ):
        _, manifest, _ = _planned(args, False)
        dataset.check_same(manifest)
        return dataset
    for name in ("from_rank", "to_rank", "sample", "seed", "columns", "layers", "part_rows"):
        if hasattr(args, name):
            flag = "--" + name.removesuffix("_rank").replace("_", "-")
            raise UsageError(f"{flag}: the dataset at --output says so itself; leave it out")
    return dataset


def _make(dataset: Dataset, crew: Any, quiet: bool) -> None:
    """Make the parts, a line of progress on a terminal; say how to go on where it ends early."""
    from rfsearch.enumeration.estimate import in_bytes
    from rfsearch.enumeration.making import make

    ranges, began = dataset.manifest.ranges, monotonic()
    parts = bytes = made = 0
    try:
        with closing(make(dataset, crew)) as done:
            for one in done:
                parts, bytes, made = parts + 1, bytes + one.bytes, made + one.made
                if not quiet and sys.stderr.isatty():
                    left = (monotonic() - began) * (len(ranges) - parts) / parts
                    print(
                        f"\r{parts:,} of {len(ranges):,} parts, about {_duration(left)} left\033[K",
                        end="", file=sys.stderr, flush=True,
                    )  # fmt: skip
    except (KeyboardInterrupt, LimitError, UsageError):
        missing = len(dataset.missing())
        print(
            f"\n{len(ranges) - missing:,} of {len(ranges):,} parts are whole; rfsearch enumerate "
            f"--resume -o {dataset.store.address} goes on with the rest",
            file=sys.stderr,
        )
        raise
    if not quiet:
        kept = f", {parts - made:,} of them kept" if made < parts else ""
        print(
            f"{_some(dataset.manifest.rows, 'row')} in {_some(parts, 'part')}{kept}, "
            f"{in_bytes(bytes)}; none "
            "missing, none twice",
            file=sys.stderr,
        )


def _some(number: int, noun: str) -> str:
    """`1 part`, `1,024 parts`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _duration(seconds: float) -> str:
    """`12 s`, `3 min`, `2.5 h`, `4 d`."""
    for size, unit in ((1.0, "s"), (60.0, "min"), (3600.0, "h"), (86400.0, "d")):
        amount, name = seconds / size, unit
        if amount < 100:
            break
    return f"{amount:.1f} {name}" if amount < 10 else f"{amount:.0f} {name}"
