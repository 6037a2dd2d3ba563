"""Pages of history as JSON, of lines that were written before.

A line of a log does not change, but for what is taken out of it. So it is written once in an instance and kept
(lines.py), and a page is asked for in outline: which entries, and what may have changed of each. That is little, and
for most of them nothing, where text and HTML are most of a page; of a message that nobody edited, reacted or replied
to, the line that was kept is sent as it is.

What is taken out must not come back from here. The text of a message that was deleted is in its state from then on, and
that comes with every outline; that of an entry that edited it stands in the entry alone, and comes with the
outline, too: it is never kept.

A page of which a line is missing is read whole, as if nothing were kept. One that is too large for an answer loses what
is farthest from where it was asked for.
"""

from collections.abc import Sequence
from typing import Any, Unpack

import msgspec
from msgspec.structs import replace

from chorus.chat.domain.entries import Entry, EntryKind, WrittenPage
from chorus.chat.domain.pages import MOST_BYTES, within
from chorus.chat.storage.contract.messages import Where
from chorus.chat.storage.database import Database
from chorus.chat.storage.lines import Lines
from chorus.chat.storage.queries.entries import Stretch, page_asked, stretch_of
from chorus.chat.storage.queries.entry_rows import COLUMNS, STATE, entry_of, files_of, present
from chorus.chat.storage.steps import rows_of

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)
_AT, _SEQ, _TEXT, _HTML, _FILES = range(5)
_STATE_AT = 5
_STATE = slice(_STATE_AT, _STATE_AT + len(STATE))
"""Of a row of an outline."""

_AT_OF_WHOLE, _STATE_OF_WHOLE = (
    [column.name for column in COLUMNS].index("at"),
    slice(len(COLUMNS), len(COLUMNS) + len(STATE)),
)


class WrittenHistory:
    """Reads pages, and keeps what it wrote of them."""

    def __init__(self, database: Database, *, most: int) -> None:
        """`most`: bytes of lines that are kept."""
        self._database = database
        self._lines = Lines(most=most)

    async def page(self, account_id: int, channel_id: int, **where: Unpack[Where]) -> WrittenPage:
        """As `contract.MessageStore.written_history` says."""
        found = await self._read(account_id, channel_id, outline=True, **where)
        written = self._present(channel_id, found.rows)
        if written is None:
            found = await self._read(account_id, channel_id, outline=False, **where)
            written = [self._written(row) for row in found.rows]
        page = WrittenPage([msgspec.Raw(line) for line in written], found.first, found.last, found.as_of)
        return page if sum(map(len, written)) <= MOST_BYTES else _shortened(page, written, **where)

    async def _read(self, account_id: int, channel_id: int, *, outline: bool, **where: Unpack[Where]) -> Stretch:
        asked = page_asked(account_id, channel_id, outline=outline, **where)
        return stretch_of(asked, await self._database.steps(lambda: rows_of(asked.statement, asked.parameters)))

    def _present(self, channel_id: int, rows: Sequence[Sequence[Any]]) -> Sequence[bytes] | None:
        """The lines of an outline's rows as they are now; None when one of them is not here."""
        kept = self._lines.of(channel_id)
        lines: list[bytes] = []
        for row in rows:
            found = kept.get(row[_SEQ])
            if found is None or found[0] != row[_AT]:
                return None
            unchanged = row[_TEXT] is None and row[_STATE_AT] is None
            lines.append(found[1] if unchanged else self._changed(found[1], row))
        return lines

    def _changed(self, line: bytes, row: Sequence[Any]) -> bytes:
        """A line that was kept, with what its outline says of it."""
        entry = _decoder.decode(line)
        if row[_TEXT] is not None:
            return _encoder.encode(replace(entry, text=row[_TEXT], html=row[_HTML], files=files_of(row[_FILES])))
        return self._with_state(entry, row[_AT], row[_STATE])

    def _written(self, row: Sequence[Any]) -> bytes:
        """The line of a whole row as it is now; what does not change of it is kept."""
        entry = entry_of(row)
        at, state = row[_AT_OF_WHOLE], row[_STATE_OF_WHOLE]
        line = _encoder.encode(entry)
        if entry.kind is EntryKind.EDITED:
            self._keep(at, replace(entry, text="", html="", files=()))
            return line
        self._lines.keep(entry.channel, entry.seq, at, line)
        return line if state[0] is None else self._with_state(entry, at, state)

    def _with_state(self, entry: Entry, at: int, state: Sequence[Any]) -> bytes:
        message = present(entry, state)
        if message.deleted and entry.text:
            self._keep(at, replace(entry, text="", html="", mentions=(), files=()))
        return _encoder.encode(message)

    def _keep(self, at: int, entry: Entry) -> None:
        self._lines.keep(entry.channel, entry.seq, at, _encoder.encode(entry))


def _shortened(page: WrittenPage, written: Sequence[bytes], **where: Unpack[Where]) -> WrittenPage:
    last = len(written) - 1
    if (seq := where.get("around")) is not None:
        asked = next((place for place, line in enumerate(written) if _decoder.decode(line).seq >= seq), last)
    else:
        asked = last if where.get("after") is None else 0
    taken = within([len(line) for line in written], most=MOST_BYTES, around=asked)
    return replace(
        page,
        entries=page.entries[taken],
        first=page.first and taken.start == 0,
        last=page.last and taken.stop == len(written),
    )
