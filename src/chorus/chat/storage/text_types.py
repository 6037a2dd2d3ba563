"""PostgreSQL's types for full-text search.

SQLAlchemy's own stand in the package of its dialect, which holds 2 MB in each process that imports it, those on SQLite
too. To the driver both are text.
"""

from typing import Any

from sqlalchemy.types import UserDefinedType


class TsVector(UserDefinedType[str]):
    """The words of a document, each with its places."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Its name in SQL."""
        return "TSVECTOR"


class TsQuery(UserDefinedType[str]):
    """What is searched for."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Its name in SQL."""
        return "TSQUERY"
