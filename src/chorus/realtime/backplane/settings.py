"""How Redis is reached: every option declared once, with its unit and default.

    RedisSettings(url="redis://:secret@db.example:6379/2")                      # one server
    RedisSettings(url="redis+sentinel://a.example,b.example/mymaster")          # whichever server sentinels name
    RedisSettings(url="redis+cluster://a.example:7000,b.example:7000")          # a cluster, by some of its nodes

Each of them with `rediss` in place of `redis` is spoken through TLS.
"""

import re
from enum import Enum
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import msgspec

_FORMS = "redis://, rediss://, redis+sentinel://, redis+cluster:// or unix://"
_SENTINEL_PORT = 26379
_HOSTS = re.compile(r"[^:/?#]+://(?:[^/?#]*@)?([^/?#]*)")
_PARAMETERS = frozenset({"db", "sentinel_password"})


class Topology(Enum):
    """How many servers there are, and who says which one to ask."""

    ONE = "one"
    SENTINEL = "sentinel"
    """The nodes are sentinels, and name the server that is the master now."""

    CLUSTER = "cluster"
    """The nodes are some of a cluster, and name the others with the slots of each."""


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a Redis or Valkey is and how patiently it is spoken to. Times in seconds.

    Raises:
        ValueError: by `address`, and so by whatever these settings are given to: the URL has another form than redis://[user:password@]host[:port][/database],
            redis+sentinel://[user:password@]host[:port][,…]/service[/database][?sentinel_password=…],
            redis+cluster://[user:password@]host[:port][,…], the same with rediss for TLS, or
            unix://[user:password@]/path[?db=database]. The text never holds the password.
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

    topology: Topology = Topology.ONE
    nodes: tuple[tuple[str, int], ...] = ()
    """Hosts and ports of those to ask first, when there are several servers; host and port are empty then."""

    service: str = ""
    """The name under which sentinels know the master."""

    sentinel_password: str = ""
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
        if self.topology is Topology.ONE:
            return _shown(self.host, self.port)
        shown = ",".join(_shown(host, port) for host, port in self.nodes)
        return f"{self.service} of {shown}" if self.topology is Topology.SENTINEL else shown

    def at(self, host: str, port: int) -> "RedisAddress":
        """The one server at this place, spoken to as this address says."""
        return msgspec.structs.replace(self, host=host, port=port, topology=Topology.ONE, nodes=(), service="")

    def sentinel(self, host: str, port: int) -> "RedisAddress":
        """The sentinel at this place."""
        node = self.at(host, port)
        return msgspec.structs.replace(node, username="", password=self.sentinel_password, database=0)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _taken_apart(settings: RedisSettings) -> RedisAddress:
    try:
        url, hosts = _without_hosts(settings.url or "")
        parts = urlsplit(url)
        nodes = _nodes(hosts)
        host, port = nodes[0] if len(nodes) == 1 else ("", None)
    except ValueError as error:
        raise ValueError(f"REDIS_URL: found {error}, expected a URL") from None
    scheme, _, topology = parts.scheme.partition("+")
    query = parse_qs(parts.query, keep_blank_values=True)
    unknown = sorted(query.keys() - _PARAMETERS)
    if unknown:
        raise ValueError(f"REDIS_URL: found the parameter {unknown[0]}, expected none but db and sentinel_password")
    asked = query.get("db", [""])[0]
    username = unquote(parts.username or "") or settings.username
    password = unquote(parts.password or "") or settings.password
    if parts.scheme == "unix":
        if not parts.path.startswith("/") or host:
            raise ValueError(
                "REDIS_URL: found unix:// before something else, expected an absolute path, as in unix:///run/valkey.sock"
            )
        return RedisAddress(
            path=unquote(parts.path),
            username=username,
            password=password,
            database=_database(asked, settings.database),
            setting="REDIS_URL",
        )
    if scheme not in {"redis", "rediss"} or topology not in {"", "sentinel", "cluster"}:
        raise ValueError(f"REDIS_URL: found {parts.scheme or 'no scheme'}, expected {_FORMS}")
    if topology:
        return _several(settings, Topology(topology), nodes, parts, query)
    if len(nodes) > 1:
        raise ValueError(f"REDIS_URL: found {len(nodes)} hosts, expected one, or redis+sentinel:// or redis+cluster://")
    return RedisAddress(
        tls=scheme == "rediss",
        host=host or settings.host,
        port=port or settings.port,
        database=_database(parts.path.strip("/") or asked, settings.database),
        username=username,
        password=password,
        setting="REDIS_URL",
    )


def _several(
    settings: RedisSettings,
    topology: Topology,
    nodes: list[tuple[str, int | None]],
    parts: SplitResult,
    query: dict[str, list[str]],
) -> RedisAddress:
    """The address of a cluster, or of the master that sentinels know."""
    path = parts.path.strip("/")
    service, _, database = path.partition("/") if topology is Topology.SENTINEL else ("", "", path)
    if topology is Topology.SENTINEL and not service:
        raise ValueError(
            "REDIS_URL: found no name of a master, expected one at the end, as in redis+sentinel://host/mymaster"
        )
    number = _database(database or query.get("db", [""])[0], settings.database)
    if topology is Topology.CLUSTER and number:
        raise ValueError(f"REDIS_URL: found database {number} (see REDIS_DB), expected 0: a cluster has no other")
    default = _SENTINEL_PORT if topology is Topology.SENTINEL else settings.port
    return RedisAddress(
        topology=topology,
        nodes=tuple((host or settings.host, port or default) for host, port in nodes),
        service=unquote(service),
        sentinel_password=query.get("sentinel_password", [""])[0],
        tls=parts.scheme.startswith("rediss"),
        username=unquote(parts.username or "") or settings.username,
        password=unquote(parts.password or "") or settings.password,
        database=number,
        setting="REDIS_URL",
    )


def _without_hosts(url: str) -> tuple[str, str]:
    """A URL without its hosts, and them: the newer releases of Python refuse an IPv6 address behind a comma."""
    match = _HOSTS.match(url)
    return (url[: match.start(1)] + url[match.end(1) :], match[1]) if match else (url, "")


def _nodes(places: str) -> list[tuple[str, int | None]]:
    """Hosts and ports of host[:port][,host[:port]…]; None for a port that is not said."""
    found: list[tuple[str, int | None]] = []
    for place in places.split(","):
        parts = urlsplit(f"//{place}")
        found.append((parts.hostname or "", parts.port))
    return found


def _database(text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"REDIS_URL: found database {text!r}, expected a number")
    return int(text)
