"""What the columns of a log's rows mean: entries, and the present state of messages."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from chorus.chat.domain.entries import Entry, EntryKind, Reaction
from chorus.chat.domain.files import File
from chorus.chat.domain.moments import milliseconds, moment
from chorus.chat.storage.schema import entries, message_states

COLUMNS = (
    entries.c.channel_id,
    entries.c.seq,
    entries.c.kind,
    entries.c.at,
    entries.c.sender_id,
    entries.c.client_id,
    entries.c.text,
    entries.c.html,
    entries.c.target,
    entries.c.thread,
    entries.c.details,
    entries.c.files,
)

STATE = (
    message_states.c.seq,
    message_states.c.text,
    message_states.c.html,
    message_states.c.edited_at,
    message_states.c.deleted,
    message_states.c.reply_count,
    message_states.c.details,
)

_POSTED = EntryKind.POSTED
_LINE, _WITH_STATE = len(COLUMNS), len(COLUMNS) + len(STATE)


class LineDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """What few entries have; the column is empty for the others."""

    emoji: str = ""
    mentions: tuple[int, ...] = ()
    unmentions: tuple[int, ...] = ()


class StateDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom a message calls, and who reacted."""

    mentions: tuple[int, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    pinned: bool = False


_encoder = msgspec.json.Encoder()
_line_decoder = msgspec.json.Decoder(LineDetails)
_state_decoder = msgspec.json.Decoder(StateDetails)
_files_decoder = msgspec.json.Decoder(tuple[File, ...])
_NO_STATE_DETAILS = StateDetails()


def entry_of(row: Sequence[Any]) -> Entry:
    """The entry in a row that begins with COLUMNS, as the log has it."""
    kind = _POSTED if row[2] == "posted" else EntryKind(row[2])
    target, thread, packed, files = row[8], row[9], row[10], row[11]
    if target is None and thread is None and packed is None and files is None:
        return Entry(row[0], row[1], kind, moment(row[3]), row[4], row[5], row[6], row[7])
    details = _line_decoder.decode(packed) if packed else LineDetails()
    return Entry(
        row[0],
        row[1],
        kind,
        moment(row[3]),
        row[4],
        row[5],
        row[6],
        row[7],
        target=target or 0,
        thread=thread or 0,
        emoji=details.emoji,
        mentions=details.mentions,
        unmentions=details.unmentions,
        files=files_of(files),
    )


def message_of(row: Sequence[Any]) -> Entry:
    """The entry in a row that begins with COLUMNS and STATE; a message in its present state."""
    entry = entry_of(row)
    return entry if row[_LINE] is None else present(entry, row[_LINE:_WITH_STATE])


def present(entry: Entry, state: Sequence[Any]) -> Entry:
    """The message that an entry posted, in its present state: the columns of STATE."""
    _, text, html, edited_at, deleted, reply_count, packed = state
    details = _state_decoder.decode(packed) if packed else _NO_STATE_DETAILS
    return replace(
        entry,
        text=entry.text if text is None else text,
        html=entry.html if html is None else html,
        mentions=details.mentions,
        files=() if deleted else entry.files,
        edited_at=None if edited_at is None else moment(edited_at),
        deleted=bool(deleted),
        reactions=details.reactions,
        pinned=details.pinned,
        reply_count=reply_count,
    )


def files_of(packed: str | None) -> tuple[File, ...]:
    """What the column `files` has."""
    return _files_decoder.decode(packed) if packed else ()


def line_values(entry: Entry) -> tuple[Any, ...]:
    """The entry as the columns of a row, `quiet` last; the client id as it is."""
    details = LineDetails(entry.emoji, entry.mentions, entry.unmentions)
    return (
        entry.channel,
        entry.seq,
        entry.kind.value,
        milliseconds(entry.at),
        entry.sender,
        entry.client_id,
        entry.text,
        entry.html,
        entry.target or None,
        entry.thread or None,
        _packed(details) if entry.emoji or entry.mentions or entry.unmentions else None,
        _encoder.encode(entry.files).decode() if entry.files else None,
        entry.kind is not _POSTED or entry.thread != 0,
    )


def state_values(message: Entry) -> tuple[Any, ...]:
    """The message's state as the columns of a row of `message_states`."""
    rewritten = message.deleted or message.edited_at is not None
    details = StateDetails(message.mentions, message.reactions, message.pinned)
    return (
        message.channel,
        message.seq,
        message.text if rewritten else None,
        message.html if rewritten else None,
        milliseconds(message.edited_at) if message.edited_at is not None else None,
        message.deleted,
        message.reply_count,
        _packed(details) if message.mentions or message.reactions or message.pinned else None,
    )


def _packed(details: LineDetails | StateDetails) -> str:
    return _encoder.encode(details).decode()
