"""The accounts and channels of a run, put into the database before anybody connects, and a session for each account.

Signing up over HTTP would spend a run's length on password hashes; nobody here has a password.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from chorus.chaos.messages import Person
from chorus.chaos.schedule import Options
from chorus.chat.actions import tokens
from chorus.chat.domain.accounts import Role
from chorus.chat.storage.contract import Store
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings

_AT_ONCE: Final = 20
"""People who are put into the database at the same time."""

_LIFETIME: Final = 24 * 3600
"""Seconds that sessions and their access tokens are good for."""


async def settle_people(url: str, secret: str, options: Options) -> list[Person]:
    """Bring the schema up to date and fill the database; `secret` signs the access tokens.

    Client number i is in the channels i, i + 1 … modulo their number, as many as it has memberships, and in no others:
    whoever makes a channel is in it, so they are made by somebody who is no client.
    """
    store = open_store(DatabaseSettings(url=url))
    await store.start()
    try:
        now = int(time.time() * 1000)
        founder = await _account(store, "founder", now)
        accounts = [await _account(store, f"client{number}", now) for number in range(options.clients)]
        channels = [
            (await store.create_channel(name=f"chaos-{number}", topic="", creator=founder, at=now)).id
            for number in range(options.channels)
        ]
        people: list[Person] = []
        for some in range(0, len(accounts), _AT_ONCE):
            people += await asyncio.gather(
                *(
                    _person(store, number, accounts[number], _of(number, channels, options), secret)
                    for number in range(some, min(some + _AT_ONCE, len(accounts)))
                )
            )
        return people
    finally:
        await store.close()


def _of(number: int, channels: Sequence[int], options: Options) -> tuple[int, ...]:
    most = min(options.memberships, len(channels))
    return tuple(channels[(number + offset) % len(channels)] for offset in range(most))


async def _account(store: Store, handle: str, now: int) -> int:
    made = await store.create_account(
        handle=handle,
        name=handle,
        password_hash="none",  # noqa: S106 - no hash: nobody signs in with a password
        at=now,
        role=Role.MEMBER,
    )
    return made.account.id


async def _person(store: Store, number: int, account: int, channels: tuple[int, ...], secret: str) -> Person:
    now = time.time()
    for channel in channels:
        await store.join_channel(account, channel, at=int(now * 1000))
    session_id = tokens.new_session_id()
    refresh = tokens.first_refresh_token(session_id, key=secret)
    await store.create_session(
        session_id=session_id,
        account_id=account,
        refresh_hash=refresh.secret_hash,
        at=int(now * 1000),
        expires_at=int((now + _LIFETIME) * 1000),
    )
    token = tokens.sign_access_token(
        secret=secret, account_id=account, session_id=session_id, now=now, lifetime=_LIFETIME
    )
    return Person(number, account, token, channels)
