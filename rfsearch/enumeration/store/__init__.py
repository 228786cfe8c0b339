"""Where a dataset stands: a folder, or a bucket of an object store. Objects appear whole or not."""

from __future__ import annotations

from typing import Protocol

from rfsearch.errors import UsageError

TEMPORARY = ".tmp"


class Store(Protocol):
    """Objects by name, created once and never changed."""

    address: str

    def names(self) -> dict[str, int]:
        """Every object with its size in bytes."""

    def read(self, name: str) -> bytes:
        """An object; FileNotFoundError where there is none."""

    def create(self, name: str, data: bytes) -> bool:
        """Make an object; False, and nothing done, where there is one of that name already.

        Of several that create the same at once, one does.
        """

    def remove(self, name: str) -> None:
        """Take an object away, if it is there."""

    def tidy(self) -> None:
        """Take away what workers that were killed left half done."""

    def free(self) -> int | None:
        """Bytes that still fit; None where nobody knows."""


def store_at(address: str, place: str = "--output") -> Store:
    """The store of a path or an address such as s3://bucket/prefix; UsageError names the place."""
    scheme, found, _ = address.partition("://")
    if not found or scheme == "file":
        from rfsearch.enumeration.store.folder import Folder

        return Folder(address.removeprefix("file://"), place)
    if scheme in ("s3", "gs", "az"):
        from rfsearch.enumeration.store.bucket import Bucket

        return Bucket(address, place)
    raise UsageError(f"{place}: {address}: not a folder, nor s3://, gs:// or az://")
