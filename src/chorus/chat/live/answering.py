"""From what an action refuses to an answer that says so; or, of an event that asked for none, to an `error`."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chorus.chat.domain.errors import ChatError
from chorus.chat.live.allowance import Allowance
from chorus.chat.live.events import Asked
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import Acknowledgement, Refusal
from chorus.realtime import Client, EventRefused, Namespace

Payload = TypeVar("Payload")


def answer(
    namespace: Namespace,
    allowance: Allowance,
    event: Asked,
    ask: Callable[[Member, Payload], Awaitable[Acknowledgement]],
) -> None:
    """Have what members ask with this event, within what their accounts may, answered by `ask`.

    The payload is of the declared type.
    """

    async def handler(client: Client, payload: Payload) -> Acknowledgement:
        try:
            await allowance.take(client.state.account.id)
            return await ask(client.state, payload)
        except ChatError as error:
            refusal = Refusal.of(error)
            raise EventRefused(
                refusal.detail,
                code=refusal.code,
                retryable=refusal.retryable,
                retry_after=refusal.retry_after or None,
            ) from None

    namespace.on(event.name, payload=event.payload)(handler)
