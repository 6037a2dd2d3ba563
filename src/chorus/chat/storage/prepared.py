"""A statement that the driver runs itself: written once for both databases, compiled once for each.

    _newest = Prepared(select(…).where(channels.c.id == bindparam("channel_id")))
    rows = _newest.rows(connection, {"channel_id": 7})      # none of one that only changes something

To run a statement, SQLAlchemy makes a context, a cursor, a result and rows, and tells events of it; for a small read
that is several times what the driver spends. The statements that every request comes by go round that. Everything else
stays SQLAlchemy's: the connection, the text of the statement, the types of its values.
How its driver is asked, a database says when it makes its engine:

    create_engine(…, execution_options={FETCH: fetch})

A driver that is asked without a `Connection` (steps.py) is given text and values (`call`), and what comes back is as
`rows` would give it (`read`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, SelectBase, UpdateBase

Processor = Callable[[Any], Any]

Fetch = Callable[[Connection, str, Sequence[Any]], Sequence[Any]]
"""Gives a statement and its values, in their places, to the driver beneath a connection; all rows."""

FETCH = "chorus_fetch"
"""The execution option of an engine that has one."""


class _Form(NamedTuple):
    """The statement for one database."""

    text: str
    parameters: Sequence[tuple[str, Any, Processor | None]]
    """By place: the name, the value when none is given, and what makes of a value what the driver takes."""

    columns: Sequence[tuple[int, Processor]]
    """Those whose values the driver gives otherwise than we want them."""


class Prepared:
    """A statement with named parameters."""

    def __init__(self, statement: SelectBase | UpdateBase) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Run it in the connection's transaction; the rows have an index, not names.

        Raises:
            sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError: as the driver raises them.
        """
        text, values = self.call(connection.dialect, parameters)
        fetch: Fetch = connection.get_execution_options()[FETCH]
        return self.read(connection.dialect, fetch(connection, text, values))

    def call(self, dialect: Dialect, parameters: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """Its text for a database, and the values in their places."""
        form = self._form(dialect)
        return form.text, [
            parameters.get(name, default) if processor is None else processor(parameters.get(name, default))
            for name, default, processor in form.parameters
        ]

    def read(self, dialect: Dialect, found: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """What the driver gave, with values as we want them."""
        columns = self._form(dialect).columns
        return [_processed(row, columns) for row in found] if columns else found

    def _form(self, dialect: Dialect) -> _Form:
        return self._forms.get(dialect.name) or self._compiled(dialect)

    def _compiled(self, dialect: Dialect) -> _Form:
        compiled: Any = self._statement.compile(dialect=dialect)
        assert not compiled.post_compile_params, "a statement whose text changes with its values is not for here"
        places: Sequence[str] = compiled.positiontup
        binds = [compiled.binds[name] for name in places]
        parameters = [
            (name, bind.value, bind.type.dialect_impl(dialect).bind_processor(dialect))
            for name, bind in zip(places, binds, strict=True)
        ]
        columns: list[tuple[int, Processor]] = []
        found = self._statement.selected_columns if isinstance(self._statement, SelectBase) else ()
        for number, column in enumerate(found):
            processor = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if processor is not None:
                columns.append((number, processor))
        form = _Form(compiled.string, parameters, columns)
        self._forms[dialect.name] = form
        return form


def _processed(row: Sequence[Any], columns: Sequence[tuple[int, Processor]]) -> Sequence[Any]:
    values = list(row)
    for number, processor in columns:
        values[number] = processor(values[number])
    return values
