"""From a channel's log to its messages as they are now. Pure.

    known = followed({}, log)                               # from the beginning
    known = followed(snapshot_of(page, as_of), rest)        # or from any page, and then what follows: the same end

The log only grows: a message is a line of it, and so is each change of one. Whoever holds some of a channel's messages
as they were at one seq ends, by applying the lines that follow, where everybody else is. A line that a message's state
has already is passed over: pages are read at other moments than lines arrive.
"""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from chorus.chat.domain.entries import Entry, EntryKind, Reaction


class Known(msgspec.Struct, frozen=True):
    """A message and how much of the log its state has."""

    message: Entry
    as_of: int
    """The seq of the newest line that was applied to it, or could have been."""


def applied(message: Entry, line: Entry) -> Entry:
    """The message after a later line of its channel; most lines are about other messages and change nothing."""
    if line.thread == message.seq:
        if line.kind is EntryKind.POSTED:
            return replace(message, reply_count=message.reply_count + 1)
        if line.kind is EntryKind.DELETED:
            return replace(message, reply_count=message.reply_count - 1)
    if line.target != message.seq or message.deleted:
        return message
    if line.kind is EntryKind.EDITED:
        return replace(message, text=line.text, html=line.html, mentions=line.mentions, edited_at=line.at)
    if line.kind is EntryKind.DELETED:
        return replace(
            message, text="", html="", mentions=(), edited_at=None, files=(), reactions=(), pinned=False, deleted=True
        )
    if line.kind in (EntryKind.PINNED, EntryKind.UNPINNED):
        return replace(message, pinned=line.kind is EntryKind.PINNED)
    if line.kind in (EntryKind.REACTED, EntryKind.UNREACTED):
        return replace(message, reactions=_reacted(message.reactions, line))
    return message


def has_reacted(message: Entry, account: int, emoji: str) -> bool:
    """Whether the account's reaction stands."""
    return any(each.emoji == emoji and account in each.accounts for each in message.reactions)


def snapshot_of(entries: Iterable[Entry], as_of: int) -> dict[int, Known]:
    """The messages of a history page, by seq."""
    return {entry.seq: Known(entry, as_of) for entry in entries if entry.kind is EntryKind.POSTED}


def followed(known: Mapping[int, Known], lines: Iterable[Entry]) -> dict[int, Known]:
    """What is known after the lines, which come in the log's order; messages they post are known from then on."""
    result = dict(known)
    for line in lines:
        for seq in (line.target, line.thread):
            held = result.get(seq)
            if held is not None and held.as_of < line.seq:
                result[seq] = Known(applied(held.message, line), line.seq)
        if line.kind is EntryKind.POSTED and line.seq not in result:
            result[line.seq] = Known(line, line.seq)
    return result


def _reacted(reactions: tuple[Reaction, ...], line: Entry) -> tuple[Reaction, ...]:
    others = {each.emoji: tuple(a for a in each.accounts if a != line.sender) for each in reactions}
    if line.kind is EntryKind.REACTED:
        before = {each.emoji: each.accounts for each in reactions}
        accounts = before.get(line.emoji, ())
        standing = accounts if line.sender in accounts else (*accounts, line.sender)
        return tuple(Reaction(emoji, who) for emoji, who in {**before, line.emoji: standing}.items())
    return tuple(
        Reaction(each.emoji, left)
        for each in reactions
        if (left := others[each.emoji] if each.emoji == line.emoji else each.accounts)
    )
