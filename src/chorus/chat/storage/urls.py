"""DATABASE_URL: which database it names, and how its driver wants to hear it. Pure."""

from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from chorus.chat.domain.errors import Invalid

_PRISMAS = {
    "connection_limit", "pool_timeout", "connect_timeout", "socket_timeout", "pgbouncer", "statement_cache_size",
    "sslaccept", "sslidentity", "sslpassword", "schema",
}  # fmt: skip
"""Parameters that Prisma reads from the URL and PostgreSQL does not know."""


class SqliteUrl(msgspec.Struct, frozen=True):
    """A file; relative to the working folder when it does not begin with /."""

    path: str


class PostgresUrl(msgspec.Struct, frozen=True):
    """A server."""

    dsn: str
    schema: str | None = None
    """Prisma's `schema` parameter: the search path."""

    @property
    def server_settings(self) -> dict[str, str]:
        """What a connection is opened with."""
        return {"application_name": "chorus", **({"search_path": self.schema} if self.schema else {})}

    @property
    def place(self) -> str:
        """Host, port and name for messages, without the password."""
        parts = urlsplit(self.dsn)
        return f"{parts.netloc.rpartition('@')[2] or 'the local socket'}{parts.path}"


def parse_database_url(url: str) -> SqliteUrl | PostgresUrl:
    """Read a DATABASE_URL.

    Raises:
        Invalid: none of the forms that we know; the detail has the forms and never the password.
    """
    scheme = url.partition(":")[0].lower()
    match scheme.partition("+")[0]:
        case "sqlite":
            return _sqlite(url)
        case "postgresql" | "postgres":
            return _postgres(url)
        case _:
            raise Invalid(
                f"DATABASE_URL: found scheme {scheme!r}, expected sqlite:///file, postgresql://… or postgres://…"
            )


def absolute_url(url: str, *, directory: str) -> str:
    """The same database, named so that it does not depend on the working folder; a relative file lies in `directory`.

    Raises:
        Invalid: as `parse_database_url`.
    """
    found = parse_database_url(url)
    if not isinstance(found, SqliteUrl) or found.path.startswith("/"):
        return url
    return f"sqlite:///{quote(f'{directory}/{found.path}')}"


def _sqlite(url: str) -> SqliteUrl:
    parts = urlsplit(url)
    path = unquote(parts.path[1:])
    if parts.netloc or not path or path == ":memory:":
        raise Invalid("DATABASE_URL: expected a file, sqlite:///relative.db or sqlite:////absolute.db")
    return SqliteUrl(path)


def _postgres(url: str) -> PostgresUrl:
    parts = urlsplit(url)
    if not parts.path.strip("/"):
        raise Invalid("DATABASE_URL: expected a database's name, postgresql://user:password@host:port/name")
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = urlencode([(key, value) for key, value in query if key not in _PRISMAS])
    dsn = urlunsplit(("postgresql", parts.netloc, parts.path, kept, ""))
    return PostgresUrl(dsn, dict(query).get("schema"))
