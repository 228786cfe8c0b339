"""A dataset begun or found in a store: its manifest, what is made of it, and what is missing."""

from __future__ import annotations

import io
from dataclasses import dataclass

import polars as pl

from rfsearch.enumeration import checksum
from rfsearch.enumeration.manifest import NAME, Manifest, differences, manifest_in
from rfsearch.enumeration.store import Store
from rfsearch.errors import UsageError


@dataclass(frozen=True)
class Dataset:
    """A manifest and the store that holds it."""

    store: Store
    manifest: Manifest

    @staticmethod
    def check_place(store: Store) -> None:
        """UsageError where something is there already, so that none can begin there."""
        names = store.names()
        if NAME in names:
            raise UsageError(
                f"--output: {store.address}: holds a dataset already; --resume goes on with it"
            )
        if names:
            raise UsageError(
                f"--output: {store.address}: is not empty ({min(names)}); a dataset is given a "
                "place of its own"
            )

    @classmethod
    def begun(cls, store: Store, manifest: Manifest) -> Dataset:
        """A new one, its manifest written before any part. UsageError as check_place."""
        cls.check_place(store)
        text = manifest.text().encode()
        # An object store may take it and its answer be lost, so that a second try is refused.
        if not store.create(NAME, text) and store.read(NAME) != text:
            raise UsageError(f"--output: {store.address}: another run began here just now")
        return cls(store, manifest)

    @classmethod
    def found(cls, store: Store, place: str = "--output") -> Dataset:
        """The one that is there; UsageError where there is none, or it is damaged."""
        manifest = manifest_in(store)
        if manifest is None:
            raise UsageError(f"{place}: {store.address}: there is no {NAME}, so no dataset")
        return cls(store, manifest)

    def check_same(self, wanted: Manifest) -> None:
        """UsageError where the dataset is not the one wanted, saying in what it differs."""
        differs = differences(self.manifest, wanted)
        if differs:
            raise UsageError(
                f"--output: {self.store.address}: holds another dataset, {differs}; resume it as "
                "it was begun, or give another place"
            )

    def missing(self) -> list[int]:
        """The parts that are not there; UsageError where a file is none of this dataset's."""
        return self.manifest.ranges.missing(self.store.names())

    def kept(self, number: int) -> int | None:
        """The bytes of a part that is there and whole; None where it is to be made.

        One that is damaged, or is of another dataset, is taken away.
        """
        name = self.manifest.ranges.name(number)
        try:
            data = self.store.read(name)
        except FileNotFoundError:
            return None
        if checksum.is_whole(data):
            metadata = pl.read_parquet_metadata(io.BytesIO(data))
            if metadata.items() >= self.manifest.marks(number).items():
                return len(data)
        self.store.remove(name)
        return None
