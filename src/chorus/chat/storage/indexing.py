"""What a channel's log says, brought into the search index.

The index follows the logs as every reader of theirs does: `search_positions` says how far it is. So a send costs
nothing more for it, what was written before there was an index gets into it, and no instance has to know what another
one wrote. Of several that index at once, one has a channel's row and the others pass it over; whoever takes
the beginning of a log away waits for it.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, func, select, text, update

from chorus.chat.domain.entries import EntryKind
from chorus.chat.domain.files import File
from chorus.chat.domain.search import Has
from chorus.chat.domain.words import words_in
from chorus.chat.storage.among import among
from chorus.chat.storage.schema import channels, entries, search_documents, search_positions
from chorus.chat.storage.text_queries import as_stored

_files_decoder = msgspec.json.Decoder(tuple[File, ...])

LINES = 500
"""Of channels' logs, in one transaction."""

_MOST_CHANNELS = 100
"""In one transaction."""

_behind = (
    select(channels.c.id, search_positions.c.channel_id.is_not(None))
    .outerjoin(search_positions, search_positions.c.channel_id == channels.c.id)
    .where(channels.c.last_seq > func.coalesce(search_positions.c.seq, 0))
    .order_by(channels.c.id)
    .limit(_MOST_CHANNELS)
)
_make_position = text("INSERT INTO search_positions (channel_id, seq) VALUES (:channel_id, 0) ON CONFLICT DO NOTHING")
"""As both databases have it. SQLAlchemy writes it by either's dialect, and each is megabytes in a process."""

_take = (
    select(search_positions.c.channel_id)
    .where(among(search_positions.c.channel_id, "channel_ids"))
    .order_by(search_positions.c.channel_id)
    .with_for_update(skip_locked=True)
)
_hold = select(search_positions.c.seq).where(search_positions.c.channel_id == bindparam("channel_id")).with_for_update()
_lines = (
    select(
        entries.c.channel_id,
        entries.c.seq,
        entries.c.kind,
        entries.c.at,
        entries.c.sender_id,
        entries.c.text,
        entries.c.html,
        entries.c.target,
        entries.c.files,
    )
    .join(
        search_positions,
        and_(search_positions.c.channel_id == entries.c.channel_id, entries.c.seq > search_positions.c.seq),
    )
    .where(among(search_positions.c.channel_id, "channel_ids"))
    .order_by(search_positions.c.channel_id, entries.c.seq)  # the order in which SQLite finds them: it reads no more
    .limit(LINES)
)
_move = (
    update(search_positions)
    .where(search_positions.c.channel_id == bindparam("moved_id"))
    .values(seq=bindparam("moved_seq"))
)
_this_document = and_(
    search_documents.c.channel_id == bindparam("of_channel"), search_documents.c.seq == bindparam("of_seq")
)
_rewrite = update(search_documents).where(_this_document).values(has=bindparam("has_now"), words=bindparam("words_now"))
_erase = delete(search_documents).where(_this_document)


def index(connection: Connection) -> int:
    """Take in the next lines of channels that the index is behind of; how many lines that were."""
    behind = connection.execute(_behind).all()
    new = [channel_id for channel_id, known in behind if not known]
    if new:
        _make_positions(connection, new)
    taken = connection.scalars(_take, {"channel_ids": [channel_id for channel_id, _ in behind]}).all()
    if not taken:
        return 0  # nothing is to be done, or other instances are at it
    lines: Sequence[Any] = connection.execute(_lines, {"channel_ids": taken}).all()
    by_channel = {channel_id: list(of_one) for channel_id, of_one in groupby(lines, attrgetter("channel_id"))}
    _write(connection, {channel_id: _effects(of_one) for channel_id, of_one in by_channel.items()})
    ends = [{"moved_id": channel_id, "moved_seq": of_one[-1].seq} for channel_id, of_one in by_channel.items()]
    if ends:
        connection.execute(_move, ends)
    return len(lines)


def hold_index(connection: Connection, channel_id: int) -> None:
    """Have nobody index this channel until the transaction ends, and wait for whoever does."""
    _make_positions(connection, [channel_id])
    connection.execute(_hold, {"channel_id": channel_id})


def _make_positions(connection: Connection, channel_ids: Sequence[int]) -> None:
    connection.execute(_make_position, [{"channel_id": channel_id} for channel_id in channel_ids])


class _Effects:
    """What some lines do to the documents of their channel, by seq."""

    def __init__(self) -> None:
        self.fresh: dict[int, dict[str, Any]] = {}
        self.rewritten: dict[int, dict[str, Any]] = {}
        self.erased: set[int] = set()


def _effects(lines: Sequence[Any]) -> _Effects:
    effects = _Effects()
    for line in lines:
        if line.kind == EntryKind.POSTED and (line.text or line.files):
            effects.fresh[line.seq] = {"seq": line.seq, "at": line.at, "sender_id": line.sender_id, **_content(line)}
        elif line.kind == EntryKind.EDITED and (line.text or line.files):
            known = effects.fresh.get(line.target) or effects.rewritten.setdefault(line.target, {})
            known.update(_content(line))
        elif line.kind == EntryKind.DELETED:
            effects.fresh.pop(line.target, None)
            effects.rewritten.pop(line.target, None)
            effects.erased.add(line.target)
    return effects


def _content(line: Any) -> Mapping[str, Any]:
    has = Has(0)
    if "<a " in line.html:
        has |= Has.LINK
    if "<code" in line.html:
        has |= Has.CODE
    files = _files_decoder.decode(line.files) if line.files else ()
    if files:
        has |= Has.FILE
    if any(file.width for file in files):
        has |= Has.IMAGE
    text = "\n".join([line.text, *(file.name for file in files)])
    return {"has": int(has), "words": [each.word for each in words_in(text)]}


def _write(connection: Connection, effects: Mapping[int, _Effects]) -> None:
    """Args: effects: by channel."""
    fresh: list[dict[str, Any]] = []
    rewritten: list[dict[str, Any]] = []
    erased: list[dict[str, int]] = []
    for channel_id, of_channel in effects.items():
        place = {"channel_id": channel_id}
        fresh += [as_stored(connection, place | values) for values in of_channel.fresh.values()]
        for seq, values in of_channel.rewritten.items():
            content = as_stored(connection, values)
            rewritten.append(
                {"of_channel": channel_id, "of_seq": seq, "has_now": content["has"], "words_now": content["words"]}
            )
        erased += [{"of_channel": channel_id, "of_seq": seq} for seq in of_channel.erased]
    for statement, rows in ((search_documents.insert(), fresh), (_rewrite, rewritten), (_erase, erased)):
        if rows:
            connection.execute(statement, rows)
