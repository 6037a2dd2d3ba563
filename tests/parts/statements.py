"""SQLAlchemy's compiled statements, kept for all stores of this process together.

Each engine has a cache of its own. A worker fills one and serves from it for days; here every test opens a store, and
would compile the same statements anew: a tenth of what it costs.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event


class _Compiled(dict[Any, Any]):
    """The first word of a key is the engine's dialect, of which each engine has one; here it is the dialect's name."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_shared(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_shared(key), compiled)


def _shared(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *statement = key
    return dialect.name, *statement


_compiled = _Compiled()


def share() -> None:
    """Have every connection from now on look there."""
    event.listen(Engine, "engine_connect", _look_there)


def _look_there(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)
