"""Making, browsing, changing, joining and leaving channels, and how far somebody has read."""

from collections.abc import Mapping, Sequence

from chorus.chat.actions import limits
from chorus.chat.actions.audit import recorded
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import AuditAct, Record
from chorus.chat.domain.channels import (
    GENERAL,
    Channel,
    ChannelKind,
    check_channel_id,
    check_channel_name,
    check_named,
    check_not_archived,
    check_topic,
)
from chorus.chat.domain.entries import check_seq
from chorus.chat.domain.errors import Forbidden
from chorus.chat.domain.policies import Act, authorise, authorise_change, may
from chorus.chat.domain.sessions import Origin

_NOWHERE = Origin()


async def list_channels(chat: Chat, *, by: Account) -> Sequence[Channel]:
    """The channels this account may see, by name; those it is in have `member` set.

    Raises:
        DatabaseUnavailable: try again.
    """
    return await chat.store.channels(by.id, joined_only=not may(by, Act.SEE_CHANNELS))


async def list_followed(chat: Chat, *, by: Account) -> Mapping[int, int]:
    """The channels this account is in, each with its last seq: what its live connections follow.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    return await chat.store.followed(by.id)


async def find_joined(chat: Chat, *, by: Account, channel: int) -> Channel:
    """The channel, for one who is in it: may a live connection of this account follow it?

    Raises:
        NotFound: there is none, or this account is not in it.
        DatabaseUnavailable: try again.
    """
    authorise(by, Act.READ)
    return await chat.store.joined_channel(by.id, check_channel_id(channel))


async def create(chat: Chat, *, by: Account, name: str, topic: str = "", private: bool = False) -> Channel:
    """Make a channel and be its first member.

    Raises:
        Invalid, TooLarge: name or topic break a rule.
        Conflict: the name is taken.
        TooMany: the account made too many.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.CREATE_CHANNEL)
    name, topic = check_channel_name(name), check_topic(topic)
    kind = ChannelKind.PRIVATE if private else ChannelKind.PUBLIC

    async with limits.new_channel(chat, by=by):
        channel = await chat.store.create_channel(name=name, topic=topic, kind=kind, creator=by.id, at=chat.now())

    if not private:
        chat.announcer.announce_channel(channel.seen_from_outside())
    chat.announcer.announce_membership(by.id, channel.id, member=True)
    return channel


async def change(
    chat: Chat,
    *,
    by: Account,
    channel: int,
    name: str | None = None,
    topic: str | None = None,
    archived: bool | None = None,
    origin: Origin = _NOWHERE,
) -> Channel:
    """Rename a channel, give it another topic, archive it or have it in use again; what is None stays.

    Whoever is in it may change the topic; its maker and admins the rest.

    Raises:
        Invalid, TooLarge: name or topic break a rule.
        Conflict: the name is taken.
        NotFound: no such channel, or this account is not in it.
        Forbidden: not theirs to change; or it is archived, or direct messages, or the channel for all.
        DatabaseUnavailable.
    """
    found = await find_joined(chat, by=by, channel=channel)
    check_named(found)
    if archived is not False:
        check_not_archived(found)
    if topic is not None:
        authorise(by, Act.SET_TOPIC)
        topic = check_topic(topic)
    if name is not None or archived is not None:
        authorise_change(by, maker=found.creator, own=Act.RUN_OWN, anybodys=Act.RUN_ANY)
        name = None if name is None else check_channel_name(name)
    if archived and found.name == GENERAL:
        raise Forbidden(f"#{GENERAL} is where everybody is, and is not archived")
    archived_at = None if archived is None else chat.now() if archived else 0

    records: list[Record] = []
    if name not in (None, found.name):
        terms = {"from": found.name, "to": name}
        records.append(recorded(chat, AuditAct.CHANNEL_RENAMED, by=by, origin=origin, channel=channel, details=terms))
    if archived not in (None, found.archived):
        act = AuditAct.CHANNEL_ARCHIVED if archived else AuditAct.CHANNEL_UNARCHIVED
        records.append(recorded(chat, act, by=by, origin=origin, channel=channel, details={"name": found.name}))

    changed = await chat.store.change_channel(
        by.id, channel, name=name, topic=topic, archived_at=archived_at, audit=records
    )

    chat.announcer.announce_change(changed.seen_from_outside())
    return changed


async def join(chat: Chat, *, by: Account, channel: int) -> Channel:
    """Become a member of a public channel; joining again changes nothing. What was said before counts as read.

    Raises:
        NotFound: there is no such channel for this account.
        Forbidden: the role may not, or it is archived.
        DatabaseUnavailable.
    """
    authorise(by, Act.JOIN_CHANNEL)

    joined = await chat.store.join_channel(by.id, check_channel_id(channel), at=chat.now())

    chat.announcer.announce_membership(by.id, channel, member=True)
    chat.announcer.announce_change(joined.seen_from_outside())
    return joined


async def leave(chat: Chat, *, by: Account, channel: int) -> None:
    """Stop being a member; leaving a public channel twice changes nothing.

    Raises:
        NotFound: there is no such channel for this account.
        Forbidden: nobody leaves direct messages.
        DatabaseUnavailable.
    """
    authorise(by, Act.LEAVE_CHANNEL)

    left = await chat.store.leave_channel(by.id, check_channel_id(channel))

    chat.announcer.announce_membership(by.id, channel, member=False)
    chat.announcer.announce_change(left)


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
