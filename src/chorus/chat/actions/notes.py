"""What people keep: pins for a channel, saved messages and drafts for themselves."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from chorus.chat.actions.chat import Chat
from chorus.chat.actions.messages import Sent, append
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.channels import check_channel_id
from chorus.chat.domain.drafts import Draft, check_draft
from chorus.chat.domain.entries import Entry, EntryKind, NewEntry, check_seq
from chorus.chat.domain.moments import moment
from chorus.chat.domain.policies import Act, authorise


class MessageSaved(msgspec.Struct, frozen=True):
    """`message.saved`: this account saved a message, or keeps it no more."""

    channel: int
    seq: int
    saved: bool


class DraftChanged(msgspec.Struct, frozen=True):
    """`draft.changed`: this account wrote on another device."""

    draft: Draft
    device: str
    """What whoever wrote it called itself."""


async def pin(chat: Chat, *, by: Account, channel: int, seq: int, client_id: UUID, standing: bool = True) -> Sent:
    """Pin a message to its channel, or with `standing` False take the pin away; for everybody in it.

    Raises:
        NotFound: no such message, or it is deleted, or this account is not in its channel.
        Forbidden: the role may not.
        Unavailable: not known to be done; do it again.
    """
    authorise(by, Act.PIN)
    kind = EntryKind.PINNED if standing else EntryKind.UNPINNED
    place = check_channel_id(channel), check_seq(seq)

    return await append(chat, NewEntry(place[0], kind, chat.now(), by.id, client_id, target=place[1]))


async def pins(chat: Chat, *, by: Account, channel: int) -> Sequence[Entry]:
    """The messages pinned to a channel, the last pinned first; at most 200.

    Raises:
        NotFound: no such channel, or this account is not in it.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    return await chat.store.pins(by.id, check_channel_id(channel))


async def save(chat: Chat, *, by: Account, channel: int, seq: int, standing: bool = True) -> None:
    """Keep a message in one's own list, or with `standing` False no more; and tell one's other devices.

    Raises:
        NotFound: no such message, or this account is not in its channel.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    place = check_channel_id(channel), check_seq(seq)

    await chat.store.save_message(by.id, *place, at=chat.now(), standing=standing)

    chat.announcer.announce_personal(by.id, "message.saved", MessageSaved(*place, standing))


async def saved(chat: Chat, *, by: Account) -> Sequence[Entry]:
    """What the account saved, the last saved first, of channels that it is in; at most 200.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    return await chat.store.saved(by.id)


async def keep_draft(chat: Chat, *, by: Account, channel: int, thread: int, text: str, device: str = "") -> Draft:
    """Keep what somebody has begun to write, in place of what was kept before, and tell their other devices.

    Raises:
        Invalid, TooLarge: the text breaks a rule.
        NotFound: no such channel, or this account is not in it.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.SEND)
    at, text = chat.now(), check_draft(text)
    draft = Draft(check_channel_id(channel), check_seq(thread), text, moment(at))

    await chat.store.keep_draft(by.id, channel, thread, text, at=at)

    chat.announcer.announce_personal(by.id, "draft.changed", DraftChanged(draft, device[:64]))
    return draft


async def drafts(chat: Chat, *, by: Account) -> Sequence[Draft]:
    """What the account has begun to write, the last written first.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    return await chat.store.drafts(by.id)
