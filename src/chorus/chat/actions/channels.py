"""Making, browsing, joining and leaving channels, and how far somebody has read."""

from collections.abc import Sequence

from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.channels import Channel, check_channel_id, check_channel_name, check_topic
from chorus.chat.domain.entries import check_seq
from chorus.chat.domain.policies import Act, authorise, may


async def list_channels(chat: Chat, *, by: Account) -> Sequence[Channel]:
    """The channels this account may see, by name; those it is in have `member` set.

    Raises:
        DatabaseUnavailable: try again.
    """
    return await chat.store.channels(by.id, joined_only=not may(by, Act.SEE_CHANNELS))


async def list_joined(chat: Chat, *, by: Account) -> Sequence[Channel]:
    """The channels this account is in: what its live connections follow.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    return await chat.store.channels(by.id, joined_only=True)


async def find_joined(chat: Chat, *, by: Account, channel: int) -> Channel:
    """The channel, for one who is in it: may a live connection of this account follow it?

    Raises:
        NotFound: there is none, or this account is not in it.
        DatabaseUnavailable: try again.
    """
    authorise(by, Act.READ)
    return await chat.store.joined_channel(by.id, check_channel_id(channel))


async def create(chat: Chat, *, by: Account, name: str, topic: str = "") -> Channel:
    """Make a public channel and join it.

    Raises:
        Invalid, TooLarge: name or topic break a rule.
        Conflict: the name is taken.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.CREATE_CHANNEL)
    name, topic = check_channel_name(name), check_topic(topic)

    channel = await chat.store.create_channel(name=name, topic=topic, creator=by.id, at=chat.now())

    chat.announcer.announce_channel(channel.seen_from_outside())
    chat.announcer.announce_membership(by.id, channel.id, member=True)
    return channel


async def join(chat: Chat, *, by: Account, channel: int) -> Channel:
    """Become a member; joining again changes nothing. What was said before counts as read.

    Raises:
        NotFound: there is no such channel.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.JOIN_CHANNEL)

    joined = await chat.store.join_channel(by.id, check_channel_id(channel), at=chat.now())

    chat.announcer.announce_membership(by.id, channel, member=True)
    return joined


async def leave(chat: Chat, *, by: Account, channel: int) -> None:
    """Stop being a member; leaving twice changes nothing.

    Raises:
        NotFound: there is no such channel.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.LEAVE_CHANNEL)

    await chat.store.leave_channel(by.id, check_channel_id(channel))

    chat.announcer.announce_membership(by.id, channel, member=False)


async def mark_read(chat: Chat, *, by: Account, channel: int, seq: int, back: bool = False) -> Channel:
    """Remember that this account has read up to `seq`, never past the newest entry, and tell its other devices.

    Reading goes forward: a seq before the known one counts only with `back`, which is how a person marks messages as
    unread. Two devices that tell what they saw cannot undo each other's.

    Raises:
        Invalid: a negative seq.
        NotFound: there is none, or this account is not in it.
        DatabaseUnavailable: try again.
    """
    authorise(by, Act.READ)

    read = await chat.store.mark_read(by.id, check_channel_id(channel), check_seq(seq), back=back)

    chat.announcer.announce_read(by.id, read, back=back)
    return read
