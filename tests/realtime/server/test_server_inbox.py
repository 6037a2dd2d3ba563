"""The inbox of one client."""

import asyncio

from chorus.realtime.server.inbox import Inbox
from waiting import eventually


class Reader:
    """Stands for the socket the events come from."""

    def __init__(self):
        self.paused = 0
        self.resumed = 0

    def pause(self):
        self.paused += 1

    def resume(self):
        self.resumed += 1


def inbox(handle, reader=None, limit=4):
    reader = reader or Reader()
    return Inbox(handle, limit=limit, pause=reader.pause, resume=reader.resume, tasks=set())


async def test_items_are_handled_one_after_another_in_order():
    """A later, faster handler waits for an earlier one."""
    done, gate = [], asyncio.Event()

    async def handle(item):
        if item == 1:
            await gate.wait()
        done.append(item)

    box = inbox(handle)
    for item in (1, 2, 3):
        box.put(item)
    await asyncio.sleep(0)
    assert done == []

    gate.set()
    await eventually(lambda: done == [1, 2, 3])


async def test_what_needs_no_waiting_is_done_at_once_and_without_a_task():
    """A plain handler costs a call."""
    done = []
    box = inbox(done.append)

    box.put(1)

    assert done == [1]
    assert box._task is None


async def test_a_full_inbox_pauses_the_reader_until_half_is_done():
    """A client that floods waits for itself."""
    reader, gate, done = Reader(), asyncio.Semaphore(0), []

    async def handle(item):
        await gate.acquire()
        done.append(item)

    box = inbox(handle, reader)
    for item in range(5):
        box.put(item)
    assert (reader.paused, reader.resumed) == (1, 0)

    for _ in range(2):
        gate.release()
    await eventually(lambda: len(done) == 2)
    assert (reader.paused, reader.resumed) == (1, 1)

    for _ in range(3):
        gate.release()
    await eventually(lambda: len(done) == 5)
    assert (reader.paused, reader.resumed) == (1, 1)


async def test_an_item_caused_by_handling_another_comes_after_it():
    """A handler that disconnects its client does not run the disconnect handler inside itself."""
    order = []

    def handle(item):
        order.append(f"{item} begins")
        if item == "event":
            box.put("gone")
        order.append(f"{item} ends")

    box = inbox(handle)
    box.put("event")

    await eventually(lambda: len(order) == 4)
    assert order == ["event begins", "event ends", "gone begins", "gone ends"]
