"""Who is in a channel: looking, adding, taking out; and beginning conversations."""

from collections.abc import Collection, Sequence

from chorus.chat.actions.audit import recorded
from chorus.chat.actions.channels import find_joined
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.channels import Channel, check_channel_id, check_named, check_not_archived
from chorus.chat.domain.conversations import check_people
from chorus.chat.domain.policies import Act, authorise, authorise_change, may
from chorus.chat.domain.sessions import Origin

_NOWHERE = Origin()


async def list_members(chat: Chat, *, by: Account, channel: int) -> Sequence[int]:
    """The accounts in a channel that this account is in or may find, by id.

    Raises:
        NotFound: no such channel for this account.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    joined_only = not may(by, Act.SEE_CHANNELS)
    return await chat.store.members(by.id, check_channel_id(channel), joined_only=joined_only)


async def add(chat: Chat, *, by: Account, channel: int, account: int) -> Channel:
    """Add somebody to a channel one is in; adding again changes nothing.

    Raises:
        NotFound: no such channel, or this account is not in it; or there is no such account in use.
        Forbidden: the role may not; or it is archived, or direct messages.
        DatabaseUnavailable.
    """
    authorise(by, Act.ADD_MEMBERS)
    await check_open(chat, by=by, channel=channel)

    changed = await chat.store.add_member(by.id, account, channel, at=chat.now())

    announce_added(chat, account=account, channel=changed)
    return changed


async def check_open(chat: Chat, *, by: Account, channel: int) -> None:
    """Check that accounts may be added to a channel that one is in.

    Raises:
        NotFound: no such channel, or this account is not in it.
        Forbidden: it is archived, or direct messages.
        DatabaseUnavailable.
    """
    found = await find_joined(chat, by=by, channel=channel)
    check_named(found)
    check_not_archived(found)


def announce_added(chat: Chat, *, account: int, channel: Channel) -> None:
    """Tell who hears of it that the account was added to the channel."""
    chat.announcer.announce_membership(account, channel.id, member=True)
    chat.announcer.announce_change(channel.seen_from_outside())


async def remove(chat: Chat, *, by: Account, channel: int, account: int, origin: Origin = _NOWHERE) -> Channel:
    """Take somebody else out of a channel one is in: they read no further, on any device. Twice changes nothing.

    Raises:
        NotFound: no such channel, or this account is not in it.
        Forbidden: neither its maker nor an admin; or direct messages.
        DatabaseUnavailable.
    """
    found = await find_joined(chat, by=by, channel=channel)
    check_named(found)
    authorise_change(by, maker=found.creator, own=Act.RUN_OWN, anybodys=Act.RUN_ANY)

    told = {"name": found.name}
    record = recorded(
        chat, AuditAct.MEMBER_REMOVED, by=by, origin=origin, account=account, channel=channel, details=told
    )
    changed = await chat.store.remove_member(by.id, account, channel, audit=[record])

    chat.announcer.announce_membership(account, channel, member=False)
    chat.announcer.announce_change(changed.seen_from_outside())
    return changed


async def converse(chat: Chat, *, by: Account, people: Collection[int]) -> Channel:
    """The conversation with these people: the one there is, or a new one. With nobody else, a place for notes.

    Raises:
        NotFound: one of them is no account, or, for a new one, deactivated.
        Invalid: more than nine people.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.CONVERSE)
    everybody = check_people(people, by=by.id)

    opened = await chat.store.open_conversation(by.id, everybody, at=chat.now())

    if opened.made:
        for account in everybody:
            chat.announcer.announce_membership(account, opened.channel.id, member=True)
    return opened.channel
