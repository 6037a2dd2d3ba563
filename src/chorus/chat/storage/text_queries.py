"""Words and phrases in the two databases' own languages: where they differ in full-text search, and no more.

Both get words that domain/words.py made: letters, digits and marks, so nothing in them is an operator of either.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, cast, column, select, table

from chorus.chat.domain.search import Term
from chorus.chat.storage.schema import search_documents
from chorus.chat.storage.text_types import TsQuery

_LAST_POSITION = 16_383
"""PostgreSQL counts words no further."""

_search_words = table("search_words", column("rowid"), column("words"))


def as_stored(connection: Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """A document's values with its `words`, a list, as the database keeps them."""
    words: Sequence[str] = values["words"]
    return {**values, "words": tsvector(words) if _is_postgres(connection) else " ".join(words)}


def matching(connection: Connection, terms: Sequence[Term]) -> ColumnElement[bool]:
    """The condition that a document has all of the terms."""
    if _is_postgres(connection):
        asked = bindparam("words", tsquery(terms), type_=Text)
        return search_documents.c.words.op("@@")(cast(asked, TsQuery))
    found = select(_search_words.c.rowid).where(
        _search_words.c.words.op("MATCH")(bindparam("words", fts5(terms), type_=Text))
    )
    return search_documents.c.id.in_(found)


def tsvector(words: Sequence[str]) -> str:
    """The text form of PostgreSQL's type: 'meet':2 'shall':1,4."""
    places: dict[str, list[str]] = {}
    for at, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(min(at, _LAST_POSITION)))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


def tsquery(terms: Sequence[Term]) -> str:
    """The text form of PostgreSQL's type: 'on' <-> 'friday' & 'mee':*."""
    return " & ".join(
        "(" + " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.prefix else "") + ")" for term in terms
    )


def fts5(terms: Sequence[Term]) -> str:
    """The query of SQLite's FTS5: "on friday" AND "mee" *."""
    return " AND ".join(f'"{" ".join(term.words)}"' + (" *" if term.prefix else "") for term in terms)


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
