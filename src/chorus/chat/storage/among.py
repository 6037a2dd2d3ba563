"""The condition that a column has one of many values, which are one parameter.

    select(sessions).where(among(sessions.c.id, "ids"))         # execute(…, {"ids": ["k3f…", "9qd…"]})

SQLAlchemy's `in_` writes each value into the text of the statement: hundreds cost milliseconds to write, and a database
prepares each number of them anew. Here the text is always the same: the values travel as an array to PostgreSQL, and as
JSON to SQLite.
"""

from collections.abc import Sequence
from typing import Any, Self

import msgspec
from sqlalchemy import ARRAY, Boolean, Column, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine


class among(FunctionElement[bool]):  # noqa: N801 - used as a function
    """Args:
    column: of integers or texts.
    name: of the parameter, a sequence.
    """

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Column[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=_Several(column.type)))

    def self_group(self, against: OperatorType | None = None) -> Self:
        """As it is, which binds tighter than what conditions are joined by.

        SQLAlchemy compares a boolean with 1 where a database has no such type, and SQLite uses no index for that.
        """
        return self


class _Several(TypeDecorator[Sequence[Any]]):
    """Values of one type."""

    impl = Text
    cache_ok = True

    def __init__(self, each: TypeEngine[Any]) -> None:
        super().__init__()
        self.each = each

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What carries them to this database."""
        return dialect.type_descriptor(ARRAY(self.each) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """Write them."""
        values = list(value or ())
        return values if dialect.name == "postgresql" else msgspec.json.encode(values).decode()


@compiles(among, "postgresql")
def _on_postgres(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(among, "sqlite")
def _on_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both are clauses
