"""Looking up names that somebody else chose."""

import asyncio
import threading

import pytest

from chorus.chat.calling.resolver import MOST_LOOK_UPS, Resolver, TooManyNames
from waiting import eventually


async def test_addresses_come_in_order_and_once():
    resolver = Resolver(lambda host, port, **_: [(0, 0, 0, "", (each, port)) for each in ("::1", "10.0.0.1", "::1")])

    assert await resolver.addresses("a.example", 80) == ["::1", "10.0.0.1"]
    resolver.close()


async def test_a_name_server_that_is_silent_holds_up_nothing_else_and_few_wait_for_it():
    """Row 16: bounded; files are read in the threads that are everybody's."""
    free = threading.Event()
    resolver = Resolver(lambda host, port, **_: free.wait(30) and [])
    try:
        asked = [asyncio.create_task(resolver.addresses("slow.example", 80)) for _ in range(MOST_LOOK_UPS)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyNames):
            await resolver.addresses("a.example", 80)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "read"), 10) == "read"
        assert not any(each.done() for each in asked)
    finally:
        free.set()
    await eventually(lambda: not resolver._under_way, what="the look-ups to end")
    assert await resolver.addresses("a.example", 80) == []
    resolver.close()
