"""A bucket of an object store: objects are put on condition that there is none of that name.

Reached as the usual environment variables say (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, …).
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from rfsearch.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ClientConfig, RetryConfig

TRIES = 3  # of a put whose answer did not come; the client itself retries what is refused
_TIMEOUT = timedelta(seconds=120)  # of one request: a part over a slow line
_RETRY: RetryConfig = {"max_retries": 6, "retry_timeout": timedelta(seconds=60)}


class Bucket:
    """Objects below s3://bucket/prefix. Raises UsageError, and MissingExtraError without obstore.

    A put is whole or does not happen, so that there is nothing to tidy.
    """

    def __init__(self, address: str, place: str = "--output") -> None:
        try:
            from obstore.store import from_url
        except ImportError:
            raise MissingExtraError(
                f"{place}: {address}: object stores take obstore: pip install 'rfsearch[s3]'"
            ) from None
        self.address, self.place = address.rstrip("/"), place
        # Options of the client given here take the place of those in the environment.
        http = os.environ.get("AWS_ALLOW_HTTP", "false").lower() == "true"
        client: ClientConfig = {"timeout": _TIMEOUT, "allow_http": http}
        with self._told():
            self._store = from_url(self.address, client_options=client, retry_config=_RETRY)

    def names(self) -> dict[str, int]:
        """See Store; what stands deeper than the prefix is none of ours."""
        import obstore

        with self._told():
            pages = list(obstore.list(self._store))
        return {
            one["path"]: one["size"] for page in pages for one in page if "/" not in one["path"]
        }

    def read(self, name: str) -> bytes:
        """See Store."""
        import obstore

        with self._told(missing=True):
            return bytes(obstore.get(self._store, name).bytes())

    def create(self, name: str, data: bytes) -> bool:
        """See Store. After an answer that did not come, the object may be our own."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, GenericError

        with self._told():
            for attempt in range(TRIES):
                try:
                    obstore.put(self._store, name, data, mode="create", use_multipart=False)
                    return True
                except AlreadyExistsError:
                    return False
                except GenericError:
                    if attempt == TRIES - 1:
                        raise
        return False

    def remove(self, name: str) -> None:
        """See Store."""
        import obstore

        with self._told(missing=True), suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def tidy(self) -> None:
        """See Store."""

    def free(self) -> int | None:
        """Nobody knows."""
        return None

    @contextmanager
    def _told(self, missing: bool = False) -> Iterator[None]:
        """What the store answers as one line; `missing`: FileNotFoundError is an answer."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            if missing:
                raise
            raise UsageError(f"{self.place}: {self.address}: {reason(str(error))}") from None
        except (BaseError, ValueError) as error:
            raise UsageError(f"{self.place}: {self.address}: {reason(str(error))}") from None


def reason(text: str) -> str:
    """The store's own message where it sent one, else the first line of the client's."""
    said = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    return said.group(1) if said else text.strip().splitlines()[0]
