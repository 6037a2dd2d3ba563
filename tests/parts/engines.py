"""What SQLAlchemy's engines do otherwise in a process of the tests: less work, with the same results.

Compiled statements are kept for all engines together. Each has a cache of its own: a worker fills one and serves from
it for days, but every test opens a store, and would compile the same statements anew.

SQLite does not wait for the disk. What was committed survives the end of every process all the same, only no power cut;
for PostgreSQL the tests say so with `fsync = off`.
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
_HURRIED = "does not wait for the disk"


def quicken() -> None:
    """Have every engine of this process do so, from its next connection on."""
    event.listen(Engine, "engine_connect", _quicken)


def _quicken(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)
    if connection.dialect.name == "sqlite" and _HURRIED not in connection.info:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA synchronous = OFF")
        connection.info[_HURRIED] = True
