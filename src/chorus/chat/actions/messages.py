"""Sending, changing and reading messages."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from chorus.chat.actions.accounts import narrowed
from chorus.chat.actions.audit import recorded
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.channels import check_channel_id
from chorus.chat.domain.entries import (
    DEFAULT_PAGE,
    Edit,
    Entry,
    EntryKind,
    NewEntry,
    Thread,
    WrittenPage,
    check_emoji,
    check_limit,
    check_seq,
    check_text,
)
from chorus.chat.domain.errors import Invalid, NotFound
from chorus.chat.domain.files import File, check_files
from chorus.chat.domain.mentions import handles_in
from chorus.chat.domain.policies import Act, authorise, authorise_change
from chorus.chat.domain.sessions import Origin
from chorus.chat.rendering.markdown import Composed

_encoder = msgspec.json.Encoder()
_NOWHERE = Origin()


class Sent(msgspec.Struct, frozen=True):
    """A message that is stored: committed, numbered, never lost."""

    entry: Entry
    line: bytes
    """The entry as JSON, as clients get it: written once for all of them."""

    repeated: bool
    """Nothing was stored now: the client id was used before, and this is the first one's entry; or there was nothing
    to change, and this is the message as it is."""


async def send(
    chat: Chat,
    *,
    by: Account,
    channel: int,
    client_id: UUID,
    text: str,
    thread: int = 0,
    files: tuple[str, ...] = (),
) -> Sent:
    """Store a message and tell its channel. Returning means that it is durable.

    The same `client_id` again, on any instance and at any time, gives the first one's entry. With a `thread`, the seq
    of a message of the channel, it is a reply to that one. `files` are ids that uploads to this channel gave; with
    some, the text may be empty.

    Raises:
        Invalid, TooLarge: the text breaks a rule, or the thread's root is itself a reply.
        NotFound: no such channel, or this account is not in it; or no such message to reply to,
            or no such file of its own that waits.
        Forbidden: the role may not send.
        Unavailable: not known to be stored; send it again with the same client id.
    """
    authorise(by, Act.SEND)
    check_channel_id(channel)
    check_seq(thread)
    attached = await _attached(chat, by, channel, client_id, check_files(files)) if files else ()
    if attached is None or (attached and not text.strip()):  # stored already: the first one's entry is the answer
        text, composed = "", Composed("", ())
    else:
        text, composed = await _composed(chat, by, client_id, text)

    return await append(
        chat,
        NewEntry(
            channel,
            EntryKind.POSTED,
            chat.now(),
            by.id,
            client_id,
            text=text,
            html=composed.html,
            thread=thread,
            mentions=composed.mentions,
            files=attached or (),
        ),
    )


async def edit(chat: Chat, *, by: Account, channel: int, seq: int, client_id: UUID, text: str) -> Sent:
    """Give a message another text; what it was stays in its history. Idempotent by client id, as a send.

    Raises:
        Invalid, TooLarge: the text breaks a rule.
        NotFound: no such message, or it is deleted.
        Forbidden: it is somebody else's.
        Unavailable: not known to be stored; do it again with the same client id.
    """
    message = await find(chat, by=by, channel=channel, seq=seq)
    authorise_change(by, maker=message.sender, own=Act.EDIT_OWN, anybodys=Act.EDIT_ANY)
    text, composed = await _composed(chat, by, client_id, text)

    return await append(
        chat,
        NewEntry(
            channel,
            EntryKind.EDITED,
            chat.now(),
            by.id,
            client_id,
            text=text,
            html=composed.html,
            target=seq,
            mentions=composed.mentions,
        ),
    )


async def delete(
    chat: Chat, *, by: Account, channel: int, seq: int, client_id: UUID, origin: Origin = _NOWHERE
) -> Sent:
    """Take a message's text away for good; its place stays. Deleting a deleted one changes nothing.

    Raises:
        NotFound: no such message.
        Forbidden: it is somebody else's, and the role may not delete those.
        Unavailable: not known to be done; do it again.
    """
    message = await find(chat, by=by, channel=channel, seq=seq)
    authorise_change(by, maker=message.sender, own=Act.DELETE_OWN, anybodys=Act.DELETE_ANY)

    record = None
    if message.sender != by.id:
        record = recorded(
            chat,
            AuditAct.MESSAGE_DELETED,
            by=by,
            origin=origin,
            account=message.sender,
            channel=channel,
            details={"seq": seq},
        )
    new = NewEntry(channel, EntryKind.DELETED, chat.now(), by.id, client_id, target=seq, audit=record)
    return await append(chat, new)


async def react(
    chat: Chat, *, by: Account, channel: int, seq: int, client_id: UUID, emoji: str, standing: bool = True
) -> Sent:
    """React to a message, once with each emoji; or with `standing` False take the reaction back.

    Raises:
        Invalid: not an emoji, or the message has too many different ones.
        NotFound: no such message, or it is deleted.
        Forbidden: the role may not react.
        Unavailable: not known to be stored; do it again.
    """
    authorise(by, Act.REACT)
    check_channel_id(channel)
    kind = EntryKind.REACTED if standing else EntryKind.UNREACTED
    target, emoji = check_seq(seq), check_emoji(emoji)

    return await append(chat, NewEntry(channel, kind, chat.now(), by.id, client_id, target=target, emoji=emoji))


async def find(chat: Chat, *, by: Account, channel: int, seq: int) -> Entry:
    """One message in its present state.

    Raises:
        NotFound: no such message, or this account is not in its channel.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    return await chat.store.message(by.id, check_channel_id(channel), check_seq(seq))


async def thread(chat: Chat, *, by: Account, channel: int, seq: int) -> Thread:
    """A message and its newest 1,000 replies, or fewer where they are large.

    Raises:
        NotFound: no such message, or this account is not in its channel.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    return await chat.store.thread(by.id, check_channel_id(channel), check_seq(seq))


async def edits(chat: Chat, *, by: Account, channel: int, seq: int) -> Sequence[Edit]:
    """The wordings a message had, the present one last; none of a deleted message.

    Raises:
        NotFound: no such message, or this account is not in its channel.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.READ)
    return await chat.store.edits(by.id, check_channel_id(channel), check_seq(seq))


async def history(
    chat: Chat,
    *,
    by: Account,
    channel: int,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int = DEFAULT_PAGE,
) -> WrittenPage:
    """A page of a channel's log, ascending, as JSON: the newest, or those before, after or around a seq.

    Messages are in their present state, which has everything up to the page's `as_of`.

    `around` gives half of the page before that seq, the seq itself and the rest after it; `limit` is 1 to 200 entries,
    and fewer come where they are large: `first` and `last` say whether there is more.

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
    return await chat.store.written_history(by.id, channel, before=before, after=after, around=around, limit=limit)


async def _composed(chat: Chat, by: Account, client_id: UUID, text: str) -> tuple[str, Composed]:
    text = check_text(text)
    handles = handles_in(text) if "@" in text else set[str]()
    accounts = await chat.store.accounts_called(handles, seen_by=narrowed(by)) if handles else {}

    async def known() -> bool:
        return await chat.store.knows(by.id, client_id)

    return text, await chat.composer.compose(text, accounts, sender=by.id, known=known)


async def _attached(
    chat: Chat, by: Account, channel: int, client_id: UUID, files: tuple[str, ...]
) -> tuple[File, ...] | None:
    """The files, which wait; None when the message is stored already, and they wait no more."""
    try:
        return tuple(await chat.store.attachable(by.id, channel, files))
    except NotFound:
        if await chat.store.knows(by.id, client_id):
            return None
        raise


async def append(chat: Chat, new: NewEntry) -> Sent:
    """Store an entry that the account may write, and tell its channel; for the actions on messages."""
    appended = await chat.store.append(new)
    entry = appended.entry
    line = _encoder.encode(entry)
    if not appended.repeated:
        if entry.kind is EntryKind.DELETED:  # before it is heard of: whoever hears of it finds no copy of the text
            chat.announcer.forget_entries(entry.channel)
        chat.grown.set()
        if entry.kind is EntryKind.POSTED:
            chat.spoken.set()
        chat.announcer.announce_entry(entry.channel, entry.seq, line)
    return Sent(entry, line, appended.repeated)
