"""How the database is reached."""

import msgspec


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Each option once, with unit and default."""

    url: str
    """sqlite:///relative.db, sqlite:////absolute.db, postgresql://user:password@host:port/name or postgres://…"""

    connection_limit: int = 10
    """Connections this instance may have open; never exceeded."""

    connect_timeout: float = 5.0
    """Seconds to wait for a new connection."""

    checkout_timeout: float = 5.0
    """Seconds to wait for a free connection; then the caller is told to try again."""

    statement_timeout: float = 5.0
    """Seconds a statement may take; then it is cancelled."""

    busy_timeout: float = 5.0
    """SQLite: seconds to wait for another process that writes."""

    migration_timeout: float = 60.0
    """Seconds to wait for the schema, also while another instance brings it up to date."""

    batch: int = 1000
    """Most entries in one commit."""

    waiting: int = 20_000
    """Most entries that wait for a commit; a further one is refused with Unavailable."""

    lines: int = 8 * 1024 * 1024
    """Bytes of entries that are kept as JSON for pages of history."""
