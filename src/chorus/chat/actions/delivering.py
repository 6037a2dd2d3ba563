"""Telling outgoing webhooks what was said, beside everything else.

What is to be told waits in the database, so it outlives any instance; whoever claims a delivery has it for `LEASE`
milliseconds. A call that is repeated, because the instance that made it was killed, has the same `webhook-id`. Calls of
one webhook are not in the order of the messages: one that failed is made again later.
"""

import asyncio
import logging
import random
from collections import Counter
from uuid import UUID, uuid5

import msgspec

from chorus.chat.actions import messages
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.routine import Routine
from chorus.chat.calling.caller import Answer, CallFailed
from chorus.chat.calling.signing import signed_headers
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.entries import Entry
from chorus.chat.domain.errors import ChatError, Unavailable
from chorus.chat.domain.incoming import shortened
from chorus.chat.domain.outgoing import next_attempt
from chorus.chat.storage.contract.integrations import Delivery

logger = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds for one call."""

LEASE = 60_000
"""Milliseconds after which another instance takes over what one has under way."""

SWEEP = 15.0
"""Seconds between two looks: for what an instance was told that is gone now."""

PAUSE = 0.1
"""Seconds in which messages are gathered."""

REST = 1.0
"""Seconds instead, while there is no webhook: the first one is heard of so late when another instance made it."""

CALLS = 16
"""At a time, of an instance."""

CALLS_OF_ONE = 4
"""Of these, to one webhook: one that does not answer holds up no other."""

_ANSWERS = UUID("6a1f2f55-9b57-4e0b-8f0a-7b8e3e5d2c41")
"""The namespace of client ids of what webhooks answer."""


class Where(msgspec.Struct, frozen=True):
    """The channel in which it was said."""

    id: int
    name: str


class Said(msgspec.Struct, frozen=True):
    """What was said."""

    channel: Where
    sender: Account
    message: Entry
    word: str
    """What it begins with, of the webhook's words."""


class Event(msgspec.Struct, frozen=True):
    """What a webhook is told."""

    type: str
    timestamp: str
    data: Said


class Reply(msgspec.Struct, frozen=True):
    """What it may answer."""

    text: str = ""


class Deliverer(Routine):
    """One instance's part in it."""

    title = "webhooks: telling what was said"
    again = SWEEP

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._store = chat.store.integrations
        self._calls: set[asyncio.Task[None]] = set()
        self._busy: Counter[str] = Counter()

    async def close(self) -> None:
        """Stop; what is under way is taken over by another instance, or by the next one that looks."""
        await super().close()
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def round(self) -> None:
        """Begin what is due, and wait for more."""
        self._chat.spoken.clear()
        if await self._store.has_outgoing():
            while await self._store.take_in():
                pass
            await self._wait(await self._call_what_is_due(), then=PAUSE)
        else:
            await self._wait(None, then=REST)

    async def _call_what_is_due(self) -> int | None:
        """Begin as many calls as may run; when the next one is due, if there is a place for it then."""
        while len(self._calls) < CALLS:
            full = [webhook for webhook, calls in self._busy.items() if calls >= CALLS_OF_ONE]
            now = self._chat.now()
            due = await self._store.next_due(at=now, exclude=full)
            if due is None or due > now:
                return due
            room = min(CALLS - len(self._calls), CALLS_OF_ONE)
            for delivery in await self._store.claim(at=now, until=now + LEASE, limit=room, exclude=full):
                self._busy[delivery.key.webhook] += 1
                call = asyncio.get_running_loop().create_task(self._deliver(delivery))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
        return None

    async def _wait(self, due: int | None, *, then: float) -> None:
        """Until something was said here, and a while more, or the next call is due, or it is time to look elsewhere."""
        pause = SWEEP if due is None else min(SWEEP, max(0.0, (due - self._chat.now()) / 1000))
        try:
            async with asyncio.timeout(pause):
                await self._chat.spoken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(then)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._settle(delivery, await self._tell(delivery))
        except Unavailable as error:  # told again when the lease is over
            logger.warning("webhook %s: what became of a call is not stored: %s", delivery.webhook.name, error)
        finally:
            self._busy[delivery.key.webhook] -= 1
            self._busy += Counter()  # those that are busy no more are forgotten
            self._chat.spoken.set()

    async def _tell(self, delivery: Delivery) -> str:
        """Call, and say what is answered; returns what went wrong, for those who run the server, or nothing."""
        try:
            await self._say(delivery, await self._call(delivery))
        except CallFailed as failed:
            return str(failed)
        except Unavailable:
            raise
        except Exception:  # a fault of ours with this one must not be met again and again for ever
            logger.exception("webhook %s: a call failed", delivery.webhook.name)
            return "a fault of the chat itself; its log says more"
        return ""

    async def _settle(self, delivery: Delivery, trouble: str) -> None:
        if not trouble:
            await self._store.delivered(delivery.key)
            return
        now = self._chat.now()
        due = next_attempt(delivery.attempt, now=now, chance=random.random())  # noqa: S311 - not for secrets
        await self._store.put_off(delivery.key, due_at=due, at=now, trouble=trouble)

    async def _call(self, delivery: Delivery) -> Answer:
        key, entry = delivery.key, delivery.entry
        where = Where(key.channel, delivery.channel.name)
        event = Event("message.posted", entry.at, Said(where, delivery.sender, entry, delivery.word))
        body = msgspec.json.encode(event)
        headers = signed_headers(
            delivery.secret,
            id=f"{key.webhook}-{key.channel}-{key.seq}",
            timestamp=self._chat.now() // 1000,
            body=body,
        )
        answer = await self._chat.caller.post(delivery.webhook.url, headers, body, within=PATIENCE)
        if not 200 <= answer.status < 300:
            raise CallFailed(f"answered {answer.status}")
        return answer

    async def _say(self, delivery: Delivery, answer: Answer) -> None:
        """Post what was answered, as the bot, once; what cannot be read or said is nobody's message."""
        try:
            text = shortened(msgspec.json.decode(answer.body, type=Reply).text) if answer.body.strip() else ""
        except (
            msgspec.MsgspecError,
            UnicodeDecodeError,
            RecursionError,
        ):  # "ok", a page: it was taken, and nothing is to be said
            return
        if not text.strip():
            return
        key = delivery.key
        client_id = uuid5(_ANSWERS, f"{key.webhook} {key.channel} {key.seq}")
        try:
            await messages.send(
                self._chat,
                by=delivery.bot,
                channel=key.channel,
                client_id=client_id,
                text=text,
                thread=delivery.entry.thread,
            )
        except Unavailable:
            raise
        except ChatError as error:  # it is archived, the bot was taken out, the text is none
            logger.info("webhook %s: its answer is not posted: %s", delivery.webhook.name, error.detail)
