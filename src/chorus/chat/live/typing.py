"""Who is typing, told to those who look at the channel.

It is told at most once, over an ephemeral room, and it ends by itself: whoever types says so again every few seconds,
and whoever shows it lets it go when nothing is said. So nobody types for ever because an instance was killed.
"""

import time
from collections.abc import Callable

from chorus.chat.actions import channels
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.typing import TypingFloor
from chorus.chat.live import events
from chorus.chat.live.allowance import Allowance
from chorus.chat.live.answering import answer
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import Acknowledgement, Done, LookAtChannel, Typed, TypingNow
from chorus.realtime import Namespace


class Typing:
    """Binds `channel.look` and `typing`."""

    def __init__(
        self,
        chat: Chat,
        namespace: Namespace,
        allowance: Allowance,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chat = chat
        self._namespace = namespace
        self._clock = clock
        self._floor = TypingFloor()
        answer(namespace, allowance, events.CHANNEL_LOOK, self._look)
        answer(namespace, allowance, events.TYPING, self._typing)

    def unlook(self, member: Member, channel_id: int) -> None:
        """The connection is to hear nothing more of this channel."""
        member.client.leave(_room(channel_id))
        if member.looks_at == channel_id:
            member.looks_at = None

    async def _look(self, member: Member, asked: LookAtChannel) -> Acknowledgement:
        async with member.changing:  # no membership changes between looking and joining
            if asked.channel is not None and asked.channel not in member.followed:
                await channels.find_joined(self._chat, by=member.account, channel=asked.channel)
            if member.looks_at is not None:
                member.client.leave(_room(member.looks_at))
            if asked.channel is not None:
                member.client.join(_room(asked.channel))
            member.looks_at = asked.channel
        return Done()

    async def _typing(self, member: Member, asked: TypingNow) -> Acknowledgement:
        if asked.channel not in member.followed:
            raise NotFound(f"There is no channel {asked.channel}")
        authorise(member.account, Act.SEND)
        account = member.account.id
        if self._floor.takes(asked.channel, account, active=asked.active, now=self._clock()):
            said = Typed(asked.channel, asked.thread, account, asked.active)
            self._namespace.to(_room(asked.channel)).except_(member.client.sid).volatile.emit("typing", said)
        return Done()


def _room(channel_id: int) -> str:
    return f"looking:{channel_id}"
