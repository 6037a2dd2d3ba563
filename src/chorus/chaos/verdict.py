"""Decides whether what clients saw is what the database holds. Pure: records and journals in, a verdict out.

    verdict = judge({3: Record(view, client_ids)}, [journal, …])
    verdict.violations          # none: what was acknowledged is there, once, and everybody saw it in that order
    verdict.channels[0].hash    # of the database's log of the channel; `agreeing` clients have the same

What is claimed, and checked here:

- the database's log of a channel is 1, 2, 3 … without a gap, and no client id stands in it twice;
- every acknowledgement tells the truth: that message stands in that place;
- nothing stands in a log that nobody sent, nothing stays unanswered, nothing was refused for good;
- every client's view of every channel it is in is that log: nothing missing, twice, out of order or with other words.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

import msgspec

from chorus.chaos.journal import Journal, View

MOST_TOLD = 100
"""Violations that are told one by one; all are counted."""


class Record:
    """One channel's log as the database holds it."""

    def __init__(self, view: View, client_ids: Sequence[bytes]) -> None:
        """Args: client_ids: of the entries of `view`, in the same order, 16 bytes each."""
        self.view = view
        self.client_ids = client_ids


class Fault(StrEnum):
    """Kinds of violation."""

    HOLE = "hole"
    """The database's own log skips a number."""

    STORED_TWICE = "stored twice"
    LOST = "lost"
    """Acknowledged, and not in its place in the database."""

    UNSENT = "unsent"
    """In the database, and sent by nobody."""

    UNANSWERED = "unanswered"
    """Sent again and again to the end, and never acknowledged."""

    REFUSED = "refused"
    MISSING = "missing"
    DOUBLE = "double"
    OUT_OF_ORDER = "out of order"
    ALTERED = "altered"
    """Seen with other words than the database has."""

    UNKNOWN = "unknown"
    """Seen, and nowhere in the database."""


class Violation(msgspec.Struct, frozen=True):
    """Something that was promised not to happen."""

    fault: Fault
    text: str
    """Which client, channel and seq; what was found, what was expected."""


class ChannelProof(msgspec.Struct, frozen=True):
    """One channel's log, and how many clients have the same."""

    channel: int
    entries: int
    hash: str
    """SHA-256, in hexadecimal, of the entries' digests in their order."""

    views: int
    """Clients in the channel."""

    agreeing: int
    """Those whose view has that hash."""


class Verdict(msgspec.Struct, frozen=True):
    """What was found."""

    channels: Sequence[ChannelProof]
    acknowledged: int
    delivered: int
    """Entries that clients saw, all together."""

    violations: Sequence[Violation]
    """The first of them, in the order of the checks."""

    found: int
    """All of them."""

    @property
    def good(self) -> bool:
        """Whether every promise was kept, and there was something to keep."""
        return not self.found and self.acknowledged > 0


def judge(record: Mapping[int, Record], journals: Sequence[Journal]) -> Verdict:
    """Compare the database's logs, by channel, with what the clients noted."""
    told: list[Violation] = []
    found = 0
    for violation in _violations(record, journals):
        found += 1
        if len(told) < MOST_TOLD:
            told.append(violation)
    return Verdict(
        [_proof(channel, record[channel], journals) for channel in sorted(record)],
        sum(len(journal.promises) for journal in journals),
        sum(len(packed.seqs) // 8 for journal in journals for packed in journal.views.values()),
        told,
        found,
    )


def _violations(record: Mapping[int, Record], journals: Sequence[Journal]) -> Iterator[Violation]:
    places: dict[bytes, tuple[int, int]] = {}
    for channel, log in record.items():
        yield from _of_log(channel, log, places)
    yield from _of_promises(places, journals)
    for journal in journals:
        for channel, packed in journal.views.items():
            log = record.get(channel)
            yield from _of_view(
                f"client {journal.client}, channel {channel}", View.unpacked(packed), log.view if log else View()
            )


def _of_log(channel: int, log: Record, places: dict[bytes, tuple[int, int]]) -> Iterator[Violation]:
    """Check the database's own log, and note where each client id stands."""
    for expected, (seq, client_id) in enumerate(zip(log.view.seqs, log.client_ids, strict=True), 1):
        if seq != expected:
            yield Violation(Fault.HOLE, f"database, channel {channel}: found seq {seq}, expected {expected}")
            return
        before = places.setdefault(client_id, (channel, seq))
        if before != (channel, seq):
            yield Violation(
                Fault.STORED_TWICE,
                f"database: {UUID(bytes=client_id)} stands at {_place(before)} and at {_place((channel, seq))}",
            )


def _of_promises(places: Mapping[bytes, tuple[int, int]], journals: Sequence[Journal]) -> Iterator[Violation]:
    sent: set[bytes] = set()
    for journal in journals:
        who = f"client {journal.client}"
        for promise in journal.promises:
            sent.add(promise.client_id)
            found, promised = places.get(promise.client_id), (promise.channel, promise.seq)
            if found != promised:
                where = "nowhere" if found is None else f"at {_place(found)}"
                yield Violation(
                    Fault.LOST,
                    f"{who}: {UUID(bytes=promise.client_id)} was acknowledged at {_place(promised)}, found {where}",
                )
        for client_id in journal.unanswered:
            sent.add(client_id)
            yield Violation(Fault.UNANSWERED, f"{who}: {UUID(bytes=client_id)} was sent and never acknowledged")
        for refusal in journal.refusals:
            yield Violation(Fault.REFUSED, f"{who}: {refusal}")
    for client_id, place in places.items():
        if client_id not in sent:
            yield Violation(Fault.UNSENT, f"database: {UUID(bytes=client_id)} at {_place(place)} was sent by nobody")


def _of_view(where: str, view: View, log: View) -> Iterator[Violation]:
    """Where a client's view first leaves the log; what follows from there would repeat it."""
    seen: set[int] = set()
    for expected, (seq, hashed) in enumerate(zip(view.seqs, view.digests, strict=True), 1):
        if seq != expected:
            yield _misplaced(where, seq, expected, twice=seq in seen, later=expected in view.seqs[expected:])
            return
        if expected > len(log):
            yield Violation(Fault.UNKNOWN, f"{where}: saw seq {seq}, the database ends at {len(log)}")
            return
        if hashed != log.digests[expected - 1]:
            yield Violation(Fault.ALTERED, f"{where}: seq {seq} was seen with other words than the database has")
            return
        seen.add(seq)
    if len(view) < len(log):
        yield Violation(Fault.MISSING, f"{where}: saw up to seq {len(view)}, the database ends at {len(log)}")


def _misplaced(where: str, seq: int, expected: int, *, twice: bool, later: bool) -> Violation:
    if twice:
        return Violation(Fault.DOUBLE, f"{where}: seq {seq} came twice, the second time in the place of {expected}")
    if later:
        return Violation(Fault.OUT_OF_ORDER, f"{where}: found seq {seq}, expected {expected}, which came later")
    return Violation(Fault.MISSING, f"{where}: found seq {seq}, expected {expected}, which never came")


def _proof(channel: int, log: Record, journals: Sequence[Journal]) -> ChannelProof:
    hashed = sha256(log.view.digests).hexdigest()
    views = [journal.views[channel] for journal in journals if channel in journal.views]
    agreeing = sum(sha256(view.digests).hexdigest() == hashed for view in views)
    return ChannelProof(channel, len(log.view), hashed, len(views), agreeing)


def _place(place: tuple[int, int]) -> str:
    channel, seq = place
    return f"channel {channel} seq {seq}"
