"""What lies between the writer of an archive and its reader."""

import asyncio
import zipfile
from io import BytesIO

import pytest

from chorus.chat.domain.errors import Unavailable
from chorus.chat.export.archive import Archive
from chorus.chat.export.pipe import PART, Pipe


async def test_what_is_written_arrives_in_parts_and_whole():
    pipe = Pipe()

    async def write():
        with Archive(pipe) as archive:
            for number in range(5):
                with archive.member(f"{number}", compress=False) as member:
                    member.write(bytes([number]) * PART)
                await pipe.drain()
        await pipe.end()

    writing = asyncio.create_task(write())
    parts = [part async for part in pipe]
    await writing

    with zipfile.ZipFile(BytesIO(b"".join(parts))) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [bytes([number]) * PART for number in range(5)]
    assert len(parts) == 6


async def test_a_writer_is_no_further_than_two_parts_ahead_of_its_reader():
    pipe, written = Pipe(), []

    async def write():
        for number in range(10):
            pipe.write(b"x" * PART)
            written.append(number)
            await pipe.drain()

    writing = asyncio.create_task(write())
    for _ in range(20):
        await asyncio.sleep(0)
    ahead = len(written)
    writing.cancel()

    assert ahead == 2


async def test_a_reader_who_takes_nothing_is_not_waited_for():
    pipe = Pipe(patience=0.01)
    pipe.write(b"x" * PART)
    await pipe.drain()
    pipe.write(b"x" * PART)

    with pytest.raises(Unavailable, match=r"nobody took anything for 0\.01 s"):
        await pipe.drain()


async def test_a_reader_does_not_wait_for_a_writer_that_is_gone():
    pipe = Pipe()
    pipe.write(b"x" * PART)
    await pipe.drain()
    pipe.break_off()

    assert [part async for part in pipe] == []
