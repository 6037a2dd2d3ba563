"""From what an action refuses to an acknowledgement that says so."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chorus.chat.domain.errors import ChatError
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import Acknowledgement, Refusal, Refused
from chorus.realtime import Client

Payload = TypeVar("Payload")


def answered(
    ask: Callable[[Member, Payload], Awaitable[Acknowledgement]],
) -> Callable[[Client, Payload], Awaitable[Acknowledgement]]:
    """Make an event's handler of what a member asks."""

    async def handler(client: Client, payload: Payload) -> Acknowledgement:
        try:
            return await ask(client.state, payload)
        except ChatError as error:
            return Refused(Refusal.of(error))

    return handler
