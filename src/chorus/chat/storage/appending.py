"""What a batch of new entries does to the tables: decided here, once for both databases, from facts that they read.

    plan = decide(batch, facts)         # facts.messages are those in touched(batch), and the roots of their threads
    plan.entries, plan.states, …        # what is to be written

Everything is read and written in one transaction that holds the rows of the channels: between the two nothing changes.
A refused entry takes no number. A message's present state is made by the domain's projection, so what history tells is
what a client makes of the same lines.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec.structs import replace

from chorus.chat.domain.audit import Record
from chorus.chat.domain.channels import archived
from chorus.chat.domain.entries import MOST_EMOJI, Entry, EntryKind, NewEntry
from chorus.chat.domain.errors import ChatError, Invalid, NotFound
from chorus.chat.domain.moments import moment
from chorus.chat.domain.projection import applied, has_reacted
from chorus.chat.storage.contract import Appended
from chorus.chat.storage.database import Outcome
from chorus.chat.storage.queries.entries import no_message
from chorus.chat.storage.queries.members import no_channel

Place = tuple[int, int]
"""A channel and a seq in it."""


class Facts(msgspec.Struct, frozen=True):
    """What the database says, under the channels' locks."""

    known: Mapping[tuple[int, UUID], Entry]
    """By sender and client id: what was stored before."""

    members: frozenset[tuple[int, int]]
    """Of the senders and channels asked for, those that belong together: account, channel."""

    ends: Mapping[int, int]
    """By channel: its last seq."""

    archived: frozenset[int]
    """Of these channels, those to which nothing is added."""

    messages: Mapping[Place, Entry]
    """Those that the batch wants to change or reply to, as far as they exist, in their present state."""


class Plan:
    """What is to be written, and what is to be answered."""

    def __init__(self, facts: Facts) -> None:
        self.outcomes: list[Outcome] = []
        self.entries: list[Entry] = []
        """New, in the order of their numbers."""

        self.ends: dict[int, int] = {}
        """By channel: its new last seq."""

        self.states: dict[Place, Entry] = {}
        """Messages that have another state now."""

        self.erased: list[Place] = []
        """Messages whose text goes away, here and in what they were edited to."""

        self.called: dict[Place, Entry] = {}
        """Messages that call others than before: by the `mentions` and the `sender` that they have now."""

        self.attached: list[tuple[str, int, int]] = []
        """Files, each with the channel and seq of its message."""

        self.pinned: dict[Place, int] = {}
        """Messages that are pinned now, each with the seq that pinned it."""

        self.unpinned: set[Place] = set()
        """Messages that are pinned no more."""

        self.records: list[Record] = []
        """Lines for the audit log."""

        self.read: dict[Place, int] = {}
        """By account and channel: a seq up to which the account has read, at least."""

        self._facts = facts
        self._fresh: dict[Place, Entry] = {}

    def add(self, new: NewEntry) -> None:
        """Decide on one entry; what was decided before it in the batch is so."""
        self.outcomes.append(self._outcome(new))

    def message(self, channel: int, seq: int) -> Entry | None:
        """The message in this place as it will be."""
        place = channel, seq
        return self.states.get(place) or self._fresh.get(place) or self._facts.messages.get(place)

    def _outcome(self, new: NewEntry) -> Outcome:
        known = self._facts.known.get((new.sender, new.client_id))
        if known is not None:
            return Appended(known, repeated=True)
        if (new.sender, new.channel) not in self._facts.members:
            return no_channel(new.channel)
        if new.channel in self._facts.archived:
            return archived()
        if new.kind is EntryKind.POSTED:
            return self._post(new)
        target = self.message(new.channel, new.target)
        if target is None or target.kind is not EntryKind.POSTED:
            return no_message(new.channel, new.target)
        if _changes_nothing(target, new):
            return Appended(target, repeated=True)
        if target.deleted:
            return NotFound("This message is deleted")
        return self._change(target, new)

    def _post(self, new: NewEntry) -> Outcome:
        root = self.message(new.channel, new.thread) if new.thread else None
        if new.thread and (refusal := _no_root(root, new)) is not None:
            return refusal
        entry = self._write(new, new.thread)
        self._fresh[entry.channel, entry.seq] = entry
        if root is None:
            self.read[new.sender, new.channel] = entry.seq
        else:
            self.states[root.channel, root.seq] = applied(root, entry)
        if entry.mentions:
            self.called[entry.channel, entry.seq] = entry
        self.attached += [(file.id, entry.channel, entry.seq) for file in entry.files]
        return Appended(entry, repeated=False)

    def _change(self, target: Entry, new: NewEntry) -> Outcome:
        if new.kind is EntryKind.REACTED and _full(target, new.emoji):
            return Invalid(f"emoji: the message has {MOST_EMOJI} different ones, which is the most")
        rewritten = new.kind in (EntryKind.EDITED, EntryKind.DELETED)
        files = target.files if new.kind is EntryKind.EDITED else ()
        unmentions = target.mentions if rewritten else ()
        entry = self._write(replace(new, files=files), target.thread, unmentions=unmentions)
        place = target.channel, target.seq
        changed = self.states[place] = applied(target, entry)
        if changed.pinned != target.pinned:
            self._pin(place, entry.seq if changed.pinned else None)
        if changed.mentions != target.mentions:
            self.called[place] = changed
        if entry.kind is EntryKind.DELETED:
            self.erased.append(place)
            root = self.message(target.channel, target.thread) if target.thread else None
            if root is not None:
                self.states[root.channel, root.seq] = applied(root, entry)
        return Appended(entry, repeated=False)

    def _pin(self, place: Place, seq: int | None) -> None:
        if seq is None:
            self.pinned.pop(place, None)
            self.unpinned.add(place)
        else:
            self.pinned[place] = seq

    def _write(self, new: NewEntry, thread: int, unmentions: tuple[int, ...] = ()) -> Entry:
        seq = self.ends.get(new.channel, self._facts.ends[new.channel]) + 1
        entry = Entry(
            new.channel,
            seq,
            new.kind,
            moment(new.at),
            new.sender,
            new.client_id,
            new.text,
            new.html,
            target=new.target,
            thread=thread,
            emoji=new.emoji,
            mentions=new.mentions,
            unmentions=unmentions,
            files=new.files,
        )
        self.ends[new.channel] = seq
        self.entries.append(entry)
        if new.audit is not None:
            self.records.append(new.audit)
        return entry


def decide(batch: Sequence[NewEntry], facts: Facts) -> Plan:
    """What becomes of a batch."""
    plan = Plan(facts)
    for new in batch:
        plan.add(new)
    return plan


def touched(batch: Sequence[NewEntry]) -> set[Place]:
    """The messages that a batch wants to change or reply to."""
    return {(new.channel, seq) for new in batch for seq in (new.target, new.thread) if seq}


def roots(messages: Mapping[Place, Entry]) -> set[Place]:
    """The roots of the threads that these messages are in, as far as they are not among them."""
    return {(each.channel, each.thread) for each in messages.values() if each.thread} - messages.keys()


def _no_root(root: Entry | None, new: NewEntry) -> ChatError | None:
    if root is None or root.kind is not EntryKind.POSTED:
        return no_message(new.channel, new.thread)
    if root.thread:
        return Invalid(f"thread: message {new.thread} is itself a reply, in thread {root.thread}")
    return NotFound("The message that this is a reply to is deleted") if root.deleted else None


def _changes_nothing(target: Entry, new: NewEntry) -> bool:
    if new.kind is EntryKind.DELETED:
        return target.deleted
    if target.deleted:
        return False
    if new.kind in (EntryKind.PINNED, EntryKind.UNPINNED):
        return target.pinned is (new.kind is EntryKind.PINNED)
    if new.kind is EntryKind.REACTED:
        return has_reacted(target, new.sender, new.emoji)
    return new.kind is EntryKind.UNREACTED and not has_reacted(target, new.sender, new.emoji)


def _full(target: Entry, emoji: str) -> bool:
    return len(target.reactions) >= MOST_EMOJI and all(each.emoji != emoji for each in target.reactions)
