"""What the scenarios that read have in common: a chat with a past on both databases, connections that stay."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from uuid import uuid4

from bench.aims import ON_POSTGRES, ON_SQLITE
from bench.contenders import Contender, running
from bench.durable import Chat, write_script
from bench.load.generator import LOADS, build, measure
from bench.postgres import postgres
from bench.scenario import Comparison, Request
from bench.turns import Round, Unit, compare, take_turns, throughput
from chorus.chat.domain.accounts import Role
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.storage.contract import Store
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings

UNIT = Unit("requests / CPU s")
CONNECTIONS, SECONDS = 16, 4.0
TEXT = "The build of yesterday evening is on the staging server, have a look at it when you find the time."


class Past(NamedTuple):
    """What is in the database, and who asks."""

    askers: int
    """Accounts that ask."""
    others: int
    """Accounts that are there beside them."""
    channels: int
    memberships: int
    """Channels that each asker is in."""
    messages: int
    """In each channel."""


Questions = Callable[[Chat], Iterable[Sequence[str]]]
"""The lines of the load's script: a path and a token each."""


def compare_reads(
    request: Request, title: str, past: Past, questions: Questions, *, rate: int | None = None
) -> Comparison:
    """Requests per second of processor time of one instance, on PostgreSQL and on SQLite.

    In a closed loop nobody waits less than the connections times what a request takes. So with `rate`, a round asks so
    many a second as well, and tells how long these wait.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early, or an answer was not 200.
    """
    program = build(LOADS / "asks.c", request.folder)
    with postgres(request.folder) as url:
        chats = {
            name: Chat(each, request.folder, people=past.askers, channels=past.channels, memberships=past.memberships)
            for name, each in ((ON_POSTGRES, url), (ON_SQLITE, f"sqlite:///{request.folder}/chorus.db"))
        }
        scripts = {name: write_script(request.folder / name, list(questions(chat))) for name, chat in chats.items()}
        for chat in chats.values():
            asyncio.run(_fill(chat, past))

        def one_round(contender: Contender) -> Round:
            words = (scripts[contender.name], CONNECTIONS, request.seconds or SECONDS)
            with running(contender) as server:
                loop = throughput(measure(program, [server], *words), "requests")
                if rate is None:
                    return loop
                paced = measure(program, [server], *words, rate).outcome
            return loop._replace(beside={**loop.beside, at_pace(rate): paced.p99_ms})

        contenders = [chat.contender(name) for name, chat in chats.items()]
        return compare(title, take_turns(request, contenders, UNIT, one_round), UNIT)


def at_pace(rate: int) -> str:
    """The heading of the waits at so many requests a second."""
    return f"p99 ms at {rate} / s"


async def _fill(chat: Chat, past: Past) -> None:
    """People talk in turns; one message in ten is a reply."""
    store = open_store(DatabaseSettings(url=chat.url))
    await store.start()
    now = int(time.time() * 1000)
    for number in range(past.others):
        handle = f"other{number}"
        await store.create_account(handle=handle, name=handle, password_hash="none", at=now, role=Role.MEMBER)
    speakers: dict[int, list[int]] = {}
    for person in chat.people:
        for channel in person.channels:
            speakers.setdefault(channel, []).append(person.account)
    await asyncio.gather(*(_talk(store, channel, accounts, past, now) for channel, accounts in speakers.items()))
    while await store.index():  # or it would be indexed while it is measured
        pass
    await store.close()


async def _talk(store: Store, channel: int, accounts: Sequence[int], past: Past, now: int) -> None:
    for number in range(past.messages):
        speaker = accounts[number % len(accounts)]
        thread = number - 1 if number % 10 == 3 else 0
        kind, html = EntryKind.POSTED, f"<p>{TEXT}</p>\n"
        await store.append(NewEntry(channel, kind, now + number, speaker, uuid4(), TEXT, html, thread=thread))
