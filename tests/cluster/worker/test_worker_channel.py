"""Messages and descriptors between two workers."""

import asyncio
import os
import socket

import pytest

from chorus.cluster.handover.messages import Note, Session
from chorus.cluster.worker.channel import Channel
from waiting import eventually


@pytest.fixture
async def ends():
    """Two channels that are connected, what each heard, and how often each was lost."""
    pair = socket.socketpair()
    heard, lost = ([], []), ([], [])
    made = [
        Channel(sock, lambda message, fd, n=n: heard[n].append((message, fd)), lambda n=n: lost[n].append(1))
        for n, sock in enumerate(pair)
    ]
    yield made, heard, lost
    for channel in made:
        channel.close()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_a_descriptor_comes_with_its_message_and_is_another_one_of_the_same_file(ends, tmp_path):
    (here, _), (_, heard), _ = ends
    names = [str(tmp_path / name) for name in "abc"]
    for name in names:
        with open(name, "w") as file:
            here.send(Note(name.encode()))
            here.send(Session(0, name.encode()), file.fileno())

    await eventually(lambda: len(heard) == 6)

    for message, fd in heard[1::2]:
        assert os.readlink(f"/proc/self/fd/{fd}") == message.state.decode()
        os.close(fd)


async def test_much_at_once_arrives_whole_and_in_order(ends):
    """More than the socket holds: the rest goes when the other side has read."""
    (here, _), (_, heard), _ = ends
    said = [Session(number, bytes(20_000)) for number in range(300)]
    with open(os.devnull) as file:
        for message in said:
            here.send(message, file.fileno())
    await eventually(lambda: len(heard) == len(said))

    assert [message for message, _ in heard] == said
    for _, fd in heard:
        os.close(fd)


async def test_what_nobody_reads_any_more_leaks_no_descriptor(ends):
    (here, there), _, (lost, _) = ends
    before = descriptors()
    with open(os.devnull) as file:
        for number in range(300):
            here.send(Session(number, bytes(20_000)), file.fileno())

    there.close()

    await eventually(lambda: lost == [1])
    assert descriptors() == before - 2
    here.send(Note(b"to nobody"))


async def test_another_language_ends_it():
    ours, theirs = socket.socketpair()
    lost: list[int] = []
    channel = Channel(ours, lambda *_: None, lambda: lost.append(1))

    theirs.send(b"GET / HTTP/1.1\r\n\r\n")

    await eventually(lambda: lost == [1])
    assert not channel.open
    theirs.close()


async def test_a_session_without_a_descriptor_ends_it(ends):
    (here, _), _, (_, lost) = ends
    here.send(Session(0, b""))

    await eventually(lambda: lost == [1])
    await asyncio.sleep(0)
