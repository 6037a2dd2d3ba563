"""Where accounts, channels and messages are kept."""

from typing import Annotated

import msgspec

from chorus.entry.settings.variables import DELAY, Kind, Variable, url_with, whole


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """Where accounts, channels and messages are kept."""

    url: Annotated[
        str,
        Variable(
            "DATABASE_URL",
            "PostgreSQL by its URL, or an SQLite file. The URL may hold a password.",
            Kind("postgresql://… or sqlite:///…", url_with("postgresql", "postgres", "sqlite")),
            secret=True,
        ),
    ] = "sqlite:///{home}/data/chat.db"
    connection_limit: Annotated[
        int,
        Variable(
            "DATABASE_CONNECTION_LIMIT",
            "How many database connections one instance may have.",
            whole(1, 1000),
            also=("PRISMA_CONNECTION_LIMIT",),
            production=15,
        ),
    ] = 10
    max_retries: Annotated[
        int,
        Variable(
            "DATABASE_MAX_RETRIES",
            "How often a starting instance tries the database again before it gives up.",
            whole(0, 1000),
        ),
    ] = 3
    retry_delay: Annotated[
        float, Variable("DATABASE_RETRY_DELAY", "The wait before each of these attempts.", DELAY)
    ] = 0.5
    """Seconds."""
