"""A folder as a store: files are written beside, then linked to their name, which refuses."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import threading
from contextlib import suppress
from pathlib import Path

from rfsearch.enumeration.store import TEMPORARY
from rfsearch.errors import LimitError, UsageError

# Some file systems (FAT, a few of networks) have no hard links.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Folder:
    """Files in one folder, which is made where it is missing. Raises UsageError and LimitError."""

    def __init__(self, path: str, place: str = "--output") -> None:
        self.path, self.place, self.address = Path(path), place, path
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{place}: {path} is a file; a dataset is a folder of parts")

    def names(self) -> dict[str, int]:
        """Every file with its size; hidden ones and folders are none of ours."""
        try:
            with os.scandir(self.path) as entries:
                return {
                    entry.name: entry.stat().st_size
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_file()
                }
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._refused(error) from None

    def read(self, name: str) -> bytes:
        """A file's bytes; FileNotFoundError where there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._refused(error) from None

    def create(self, name: str, data: bytes) -> bool:
        """See Store. On the disk, not only in its cache, before the name stands."""
        owner = f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}"
        beside = self.path / f".{name}.{owner}{TEMPORARY}"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                with open(beside, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                return self._named(beside, self.path / name)
            finally:
                with suppress(FileNotFoundError):
                    beside.unlink()
        except OSError as error:
            raise self._refused(error) from None

    def _named(self, beside: Path, final: Path) -> bool:
        try:
            os.link(beside, final)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # Two that come here at once write the same bytes: a part's depend on its name alone.
            if final.exists():
                return False
            os.rename(beside, final)
        return True

    def remove(self, name: str) -> None:
        """See Store."""
        with suppress(FileNotFoundError):
            (self.path / name).unlink()

    def tidy(self) -> None:
        """See Store; only for when no worker is left."""
        for beside in self.path.glob(f".*{TEMPORARY}"):
            with suppress(FileNotFoundError):
                beside.unlink()

    def free(self) -> int | None:
        """Bytes free on the disk that holds the folder, or would hold it."""
        place = self.path.absolute()
        while not place.exists() and place != place.parent:
            place = place.parent
        return shutil.disk_usage(place).free

    def _refused(self, error: OSError) -> LimitError | UsageError:
        if error.errno in _FULL:
            return LimitError(f"{self.place}: {self.address}: the disk is full")
        return UsageError(f"{self.place}: {self.address}: {error.strerror}")
