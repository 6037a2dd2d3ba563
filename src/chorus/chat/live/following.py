"""Which channels a connection hears: those that its account is in, from the entry that it saw last."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from chorus.chat.actions import channels
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.rooms import room_of
from chorus.chat.live import events
from chorus.chat.live.allowance import Allowance
from chorus.chat.live.answering import answer
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import Acknowledgement, ChannelFollowed, ChannelJoined, ChannelLeft, FollowChannel
from chorus.chat.live.typing import Typing
from chorus.realtime import CursorAhead, DurableRooms, EntriesGone, Namespace


class Following:
    """Binds `channel.follow`, and has connections follow and leave the rooms of channels."""

    def __init__(
        self,
        chat: Chat,
        namespace: Namespace,
        durable: DurableRooms,
        allowance: Allowance,
        typing: Typing,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """Args: typing: who leaves a channel hears no more of it. spawn: has something done for which nobody waits."""
        self._chat = chat
        self._durable = durable
        self._typing = typing
        self._spawn = spawn
        answer(namespace, allowance, events.CHANNEL_FOLLOW, self._follow_asked)

    async def begin(self, member: Member) -> dict[int, int]:
        """Send what follows the cursors of `member.followed`, and stay; gives the positions reached, by channel."""
        member.follows = True
        following = {channel: self._follow(member, channel, after) for channel, after in member.followed.items()}
        return dict(zip(following, await asyncio.gather(*following.values()), strict=True))

    async def align(self, member: Member, channel_id: int) -> None:
        """Have the connection hear the channel if, and only if, its account is in it."""
        async with member.changing:
            try:
                channel = await channels.find_joined(self._chat, by=member.account, channel=channel_id)
            except NotFound:
                self._unfollow(member, channel_id)
                return
            self._joined(member, [channel])

    async def _follow_asked(self, member: Member, asked: FollowChannel) -> Acknowledgement:
        async with member.changing:
            channel = await channels.find_joined(self._chat, by=member.account, channel=asked.channel)
            after = min(asked.after, channel.last_seq)
            if after >= member.followed.get(channel.id, channel.last_seq + 1):
                return ChannelFollowed(channel.last_seq)  # it follows from there or before
            self._hear(member, channel.id, after)
            return ChannelFollowed(channel.last_seq)

    def _unfollow(self, member: Member, channel_id: int) -> None:
        if member.gone:
            return  # or it has moved: then it is told where it is, when it hears no more of the channel
        self._typing.unlook(member, channel_id)  # it may look at what it does not follow yet
        if member.followed.pop(channel_id, None) is not None:
            self._durable.unfollow(member.client, room_of(channel_id))
            member.client.emit("channel.left", ChannelLeft(channel_id))

    def _joined(self, member: Member, joined: Sequence[Channel]) -> None:
        for channel in joined:
            if channel.id not in member.followed and not member.gone:
                member.client.emit("channel.joined", ChannelJoined(channel))
                self._hear(member, channel.id, channel.last_seq)

    def _hear(self, member: Member, channel_id: int, after: int) -> None:
        member.followed[channel_id] = after
        if member.follows:  # otherwise `begin` comes, and finds the channel
            self._spawn(_ignoring_result(self._follow(member, channel_id, after)))

    def _follow(self, member: Member, channel_id: int, after: int) -> Coroutine[Any, Any, int]:
        """Have it follow from now on, in the same step in which `followed` says so; await the position reached."""
        return self._go_on(
            member, room_of(channel_id), self._durable.follow(member.client, room_of(channel_id), after=after)
        )

    async def _go_on(self, member: Member, room: str, following: Awaitable[int]) -> int:
        while True:
            try:
                return await following
            except CursorAhead as ahead:  # the database was set back to an older state since the cursor was looked at
                after = ahead.position
            except EntriesGone as gone:  # they became older than they are kept; the channel's floor tells the client
                after = gone.first - 1
            following = self._durable.follow(member.client, room, after=after)


async def _ignoring_result(work: Awaitable[object]) -> None:
    await work
