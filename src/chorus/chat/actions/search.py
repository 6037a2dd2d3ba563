"""Finding messages by what is in them."""

import re
from collections.abc import Sequence

import msgspec

from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.entries import Entry
from chorus.chat.domain.errors import Invalid
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.search import DEFAULT_RESULTS, MOST_RESULTS, parse
from chorus.chat.storage.contract import Place

_PLACE = re.compile(r"([0-9]{1,16})-([0-9]{1,16})")


class Hit(msgspec.Struct, frozen=True):
    """A message that was found."""

    entry: Entry
    """In its present state."""

    excerpt: tuple[str, ...]
    """A stretch of its text around the first hit: what is beside the hits and the hits, by turns."""


class SearchPage(msgspec.Struct, frozen=True):
    """Some of what was found, newest first."""

    hits: Sequence[Hit]
    next: str | None
    """`after` for the next page; null: there is none."""


async def search(
    chat: Chat, *, by: Account, query: str, after: str | None = None, limit: int = DEFAULT_RESULTS
) -> SearchPage:
    """The newest messages that fit a query, of the channels that this account is in.

    Messages are found a moment after they were sent. What a query may say stands in domain/search.py.

    Raises:
        Invalid, TooLarge: the query, the place or the limit break a rule.
        Unavailable: too many long messages are looked through or rendered; try again.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.SEARCH)
    asked = parse(query)
    if not 1 <= limit <= MOST_RESULTS:
        raise Invalid(f"limit: found {limit}, expected 1 to {MOST_RESULTS}")
    found = await chat.store.search(by.id, asked, after=_place(after), limit=limit)

    excerpts = await chat.composer.excerpts([each.text for each in found.messages], asked.terms, reader=by.id)
    hits = [Hit(*hit) for hit in zip(found.messages, excerpts, strict=True)]
    return SearchPage(hits, f"{found.next.at}-{found.next.id}" if found.next else None)


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    parts = _PLACE.fullmatch(after)
    if parts is None:
        raise Invalid(f"after: found {after[:40]!r}, expected what an answer gave as next")
    return Place(int(parts[1]), int(parts[2]))
