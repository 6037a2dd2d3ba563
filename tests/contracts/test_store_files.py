"""What every store promises of files that wait (chat/storage/contract/files.py), on SQLite and on PostgreSQL."""

import asyncio

from chorus.chat.domain.errors import Forbidden
from chorus.chat.domain.files import File


async def test_of_many_uploads_at_once_no_more_wait_than_may(store, other, ada, monkeypatch):
    """Row 14; on two instances."""
    monkeypatch.setattr("chorus.chat.storage.queries.files.MOST_WAITING", 3)
    files = [File(f"{number:032x}", "a.txt", "text/plain", 1) for number in range(12)]

    kept = await asyncio.gather(
        *(one.add_file(ada.id, 1, file, at=1) for one, file in zip([store, other] * 6, files, strict=True)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, Forbidden) for each in kept) == 9
