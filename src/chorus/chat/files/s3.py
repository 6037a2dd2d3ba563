"""Files in a bucket that speaks S3, through obstore. Credentials and region come from AWS's own variables.

`s3://bucket/prefix` is Amazon's; `AWS_ENDPOINT_URL` names another one's server, as MinIO's or Garage's.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from chorus.chat.files.contract import PART, BlobsUnavailable


class S3Blobs:
    """One bucket, or a part of one."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        prefix = parts.path.strip("/") or None
        self._url = url
        self._store = S3Store(parts.netloc, prefix=prefix, client_options={"allow_http": True})

    async def put(self, key: str, path: str) -> None:
        """In several parts when it is large; S3 shows an object when all of it is there."""
        try:
            await obstore.put_async(self._store, key, Path(path))
        except (BaseError, OSError) as error:
            raise BlobsUnavailable(f"{self._url}: {error}") from error

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """As it comes."""
        options: Any = {"range": {"offset": start} if end is None else (start, end)} if start or end is not None else {}
        try:
            if end is not None and end <= start:
                return
            found = await obstore.get_async(self._store, key, options=options)
            async for part in found.stream(min_chunk_size=PART):
                yield bytes(part)
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise BlobsUnavailable(f"{self._url}: {error}") from error

    async def delete(self, key: str) -> None:
        """S3 is content when there was none."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:  # other servers tell: it is gone, as was asked
            return
        except (BaseError, OSError) as error:
            raise BlobsUnavailable(f"{self._url}: {error}") from error

    async def tidy(self) -> None:
        """Nothing shows a half: the bucket's own rule on uploads that were never completed takes their parts away."""
