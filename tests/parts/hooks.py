"""Outgoing webhooks as their owner makes them, and what is seen of them from outside."""

from parts.bots import API, make_bot
from parts.clock import Clock
from parts.people import message
from waiting import eventually


def stand(chat):
    """Have its clock stand, and be moved by the test alone, however long the test takes."""
    clock = Clock(chat.clock())
    object.__setattr__(chat, "clock", clock)
    return clock


async def make_hook(owner, program, **wanted):
    body = {"bot": await make_bot(owner), "name": "CI", "url": program.url, "channel": 1, **wanted}
    answer = await owner.post(f"{API}/webhooks/outgoing", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def say(client, text, **more):
    assert (await client.post(f"{API}/channels/1/messages", json={**message(text), **more})).status_code == 201


async def texts(client):
    page = (await client.get(f"{API}/channels/1/messages")).json()
    return [(entry["sender"], entry["text"], entry.get("thread", 0)) for entry in page["entries"]]


async def hook(client):
    [listed] = (await client.get(f"{API}/webhooks/outgoing")).json()
    return listed


async def called(program, times=1):
    await eventually(lambda: len(program.calls) >= times, within=20, what=f"{times} calls")


async def is_said(client, text):
    return text in [said for _, said, _ in await texts(client)]


async def trouble(client, words):
    return words in (await hook(client))["trouble"]


async def nothing_waits(chat):
    return await chat.store.integrations.next_due(at=chat.now()) is None
