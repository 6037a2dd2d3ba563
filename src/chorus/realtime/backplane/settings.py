"""How Redis is reached: every option declared once, with its unit and default."""

from urllib.parse import parse_qs, unquote, urlsplit

import msgspec


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a Redis or Valkey is and how patiently it is spoken to. Times in seconds.

    Raises:
        ValueError: the URL has another form than redis://[user:password@]host[:port][/database], the same with
            rediss:// for TLS, or unix://[user:password@]/path[?db=database]. The text never holds the password.
    """

    host: str = "localhost"
    """REDIS_HOST"""

    port: int = 6379
    """REDIS_PORT"""

    username: str = ""
    """Empty: the default user. Only by URL."""

    password: str = ""
    """REDIS_PASSWORD. Empty: none is sent."""

    database: int = 0
    """REDIS_DB"""

    url: str | None = None
    """REDIS_URL. What it names goes before host, port, password and database."""

    retry_delay: float = 0.1
    """REDIS_RETRY_DELAY_ON_FAILOVER: wait between two attempts to connect."""

    max_retries: int = 3
    """REDIS_MAX_RETRIES_PER_REQUEST: attempts after the first, at start and for a command. A connection lost later
    is tried for ever."""

    lazy_connect: bool = False
    """REDIS_LAZY_CONNECT: true: starting does not wait for the connection nor fail without one."""

    keep_alive: float = 30.0
    """REDIS_KEEP_ALIVE: TCP keep-alive probes begin after so long without traffic."""

    connect_timeout: float = 10.0
    """REDIS_CONNECT_TIMEOUT: for one attempt, with sign-in."""

    command_timeout: float = 5.0
    """REDIS_COMMAND_TIMEOUT: no answer for so long: the connection is given up and made again."""

    def address(self) -> "RedisAddress":
        """Where to connect and as whom: the URL taken apart, the separate settings filling what it leaves open."""
        if not self.url:
            return RedisAddress(
                host=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                database=self.database,
                setting="REDIS_HOST, REDIS_PORT",
            )
        return _taken_apart(self)


class RedisAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect and as whom."""

    host: str = ""
    port: int = 0
    path: str | None = None
    """Of a Unix socket, in place of host and port."""

    tls: bool = False
    """Spoken through TLS; the server's certificate is verified, and that it is this host's."""

    username: str = ""
    password: str = ""
    database: int = 0
    setting: str
    """Which variables point there."""

    @property
    def place(self) -> str:
        """For people; without the password."""
        if self.path is not None:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _taken_apart(settings: RedisSettings) -> RedisAddress:
    try:
        parts = urlsplit(settings.url or "")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"REDIS_URL: {error}") from None
    username = unquote(parts.username or "") or settings.username
    password = unquote(parts.password or "") or settings.password
    asked = parse_qs(parts.query).get("db", [""])[0]
    if parts.scheme == "unix":
        if not parts.path.startswith("/") or host:
            raise ValueError("REDIS_URL: unix:// is followed by an absolute path, as in unix:///run/valkey.sock")
        return RedisAddress(
            path=unquote(parts.path),
            username=username,
            password=password,
            database=_database(asked, settings.database),
            setting="REDIS_URL",
        )
    if parts.scheme not in {"redis", "rediss"}:
        raise ValueError(f"REDIS_URL: found {parts.scheme or 'no scheme'}, expected redis://, rediss:// or unix://")
    return RedisAddress(
        tls=parts.scheme == "rediss",
        host=host or settings.host,
        port=port or settings.port,
        username=username,
        password=password,
        database=_database(parts.path.strip("/") or asked, settings.database),
        setting="REDIS_URL",
    )


def _database(text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"REDIS_URL: the database is a number, found {text!r}")
    return int(text)
