"""Sending and reading messages."""

from uuid import UUID

import msgspec

from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.channels import check_channel_id
from chorus.chat.domain.entries import (
    DEFAULT_PAGE,
    Entry,
    EntryKind,
    HistoryPage,
    NewEntry,
    check_limit,
    check_seq,
    check_text,
)
from chorus.chat.domain.errors import Invalid
from chorus.chat.domain.policies import Act, authorise

_encoder = msgspec.json.Encoder()


class Sent(msgspec.Struct, frozen=True):
    """A message that is stored: committed, numbered, never lost."""

    entry: Entry
    repeated: bool
    """The client id was used before: this is the first one's entry, and nothing was stored now."""


async def send(chat: Chat, *, by: Account, channel: int, client_id: UUID, text: str) -> Sent:
    """Store a message and tell its channel. Returning means that it is durable.

    The same `client_id` again, on any instance and at any time, gives the first one's entry.

    Raises:
        Invalid, TooLarge: the text breaks a rule.
        NotFound: no such channel, or this account is not in it.
        Forbidden: the role may not send.
        Unavailable: not known to be stored; send it again with the same client id.
    """
    authorise(by, Act.SEND)
    check_channel_id(channel)
    text = check_text(text)
    html = await chat.composer.html(text)

    appended = await chat.store.append(
        NewEntry(channel, EntryKind.POSTED, chat.now(), by.id, client_id, text=text, html=html)
    )

    entry = appended.entry
    if not appended.repeated:
        chat.announcer.announce_entry(entry.channel, entry.seq, _encoder.encode(entry))
    return Sent(entry, appended.repeated)


async def history(
    chat: Chat,
    *,
    by: Account,
    channel: int,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int = DEFAULT_PAGE,
) -> HistoryPage:
    """A page of a channel's log, ascending: the newest, or those before, after or around a seq.

    `around` gives half of the page before that seq, the seq itself and the rest after it; `limit` is 1 to 200 entries.

    Raises:
        Invalid: more than one of before, after and around, a negative seq, or a limit out of range.
        NotFound: no such channel, or this account is not in it.
        DatabaseUnavailable: try again.
    """
    authorise(by, Act.READ)
    check_channel_id(channel)
    check_limit(limit)
    given = [check_seq(seq) for seq in (before, after, around) if seq is not None]
    if len(given) > 1:
        raise Invalid("before, after, around: expected at most one of them")
    return await chat.store.history(by.id, channel, before=before, after=after, around=around, limit=limit)
