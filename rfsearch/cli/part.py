"""`rfsearch part MANIFEST I`: one part of a dataset, which is what any scheduler can map."""

from __future__ import annotations

import argparse

from rfsearch.errors import UsageError

DESCRIPTION = """\
Make part I, counted from 0, of a dataset that `rfsearch enumerate --plan` began: the part of that
rank range, in the folder or bucket that holds the manifest. A part that is there and whole is
kept; so a part may be asked for twice, or at two places at once. Without I, the number of parts.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The manifest and the parts."""
    parser.description = DESCRIPTION
    parser.add_argument("manifest", metavar="MANIFEST", help="…/manifest.json, or its folder")
    parser.add_argument("parts", metavar="I", nargs="*", help="parts to make: 7, or 0..99")


def run(args: argparse.Namespace) -> int:
    """Make the parts, a line with each one's name; the exit code. Raises UsageError."""
    from rfsearch.enumeration.crew import Here
    from rfsearch.enumeration.dataset import Dataset
    from rfsearch.enumeration.making import done
    from rfsearch.enumeration.manifest import NAME
    from rfsearch.enumeration.store import store_at
    from rfsearch.quantity import wholes

    address = args.manifest.removesuffix(NAME).rstrip("/") or "."
    dataset = Dataset.found(store_at(address, "MANIFEST"), "MANIFEST")
    dataset.manifest.check_versions(address)
    parts = len(dataset.manifest.ranges)
    if not args.parts:
        print(parts)
        return 0
    numbers = [number for text in args.parts for number in wholes(text, "I")]
    for number in numbers:
        if not 0 <= number < parts:
            raise UsageError(f"I: {number} is not in 0..{parts - 1}")
    for made in done(dataset, Here(), numbers):
        print(made.name)
    return 0
