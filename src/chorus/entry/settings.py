"""What the environment says, read once into a frozen tree.

    settings = from_environment(os.environ)
    settings.redis.keep_alive        # 30.0: seconds, whatever the variable's own unit is
    settings.web.port                # 3000

Each variable is declared once, on the field it fills: its name, the older names it may also have, its unit, its default
and, where production differs, production's. `docs/settings.md` is written from these declarations (`settings_page.py`).
An empty value counts as no value, so `REDIS_PASSWORD=` is no password. Nothing is read from files.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, NamedTuple, get_type_hints
from urllib.parse import quote, unquote, urlsplit

import msgspec

from chorus.entry.variables import (
    BOOLEAN,
    DELAY,
    FOLDER,
    NETWORKS,
    NUMBER,
    ORIGINS,
    PROXIES,
    TEXT,
    TIMEOUT,
    Kind,
    Problem,
    SettingsError,
    Special,
    Variable,
    choice,
    url_with,
    whole,
    whole_number,
)

SHORTEST_JWT_SECRET: Final = 32
"""Bytes that production asks of JWT_SECRET: HS256 wants a key as long as its hash (RFC 7518, section 3.2)."""

_QUOTED: Final = {ord(character): quote(character) for character in "%?#\t\n\r"}
"""What in a path would mean something else in a URL, or would be left out."""


class Stage(StrEnum):
    """Where the system runs; it decides some defaults and what may be left out."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Web(msgspec.Struct, frozen=True, kw_only=True):
    """Where people reach the chat."""

    host: Annotated[
        str,
        Variable("HOST", "The address the chat listens on.", TEXT, production="0.0.0.0"),
    ] = "127.0.0.1"
    port: Annotated[int, Variable("PORT", "The port the chat listens on.", whole(1, 65535))] = 3000
    origins: Annotated[
        tuple[str, ...],
        Variable(
            "CHORUS_ORIGINS",
            "Where pages may come from that use the chat with a browser's cookies, besides the host that is asked for: "
            "the public address, when a proxy in front passes on another Host.",
            ORIGINS,
        ),
    ] = ()
    callable_networks: Annotated[
        tuple[str, ...],
        Variable(
            "CHORUS_CALLABLE_NETWORKS",
            "What outgoing webhooks and commands may call besides the public internet, also without TLS.",
            NETWORKS,
        ),
    ] = ()
    proxies: Annotated[
        tuple[str, ...],
        Variable(
            "FORWARDED_ALLOW_IPS",
            "The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed ([more](proxies.md)).",
            PROXIES,
        ),
    ] = ("127.0.0.1", "::1")
    """uvicorn reads the variable itself, and takes what is no address for a name: it is checked here."""

    rate_limit: Annotated[
        int,
        Variable(
            "CHORUS_RATE_LIMIT",
            "Requests a minute that one account may make, and live events beside them, a quarter of them "
            "at once; where nobody is signed in, one address makes half as many. 0: any number. Failed sign-ins are "
            "slowed in any case.",
            whole(0, 1_000_000),
        ),
    ] = 1200


class Redis(msgspec.Struct, frozen=True, kw_only=True):
    """The Redis or Valkey that carries events between instances. All times in seconds."""

    host: Annotated[str, Variable("REDIS_HOST", "Where Redis runs.", TEXT)] = "localhost"
    port: Annotated[int, Variable("REDIS_PORT", "The port Redis listens on.", whole(1, 65535))] = 6379
    password: Annotated[
        str,
        Variable(
            "REDIS_PASSWORD",
            "The password of Redis, and of the bundled Valkey. A password in REDIS_URL does as well.",
            TEXT,
            production=Special.REQUIRED,
            secret=True,
        ),
    ] = ""
    database: Annotated[int, Variable("REDIS_DB", "The number of the Redis database.", whole(0, 65535))] = 0
    url: Annotated[
        str,
        Variable(
            "REDIS_URL",
            "Redis by one address; wins over REDIS_HOST and REDIS_PORT. "
            "rediss:// is TLS, with a certificate that the system, or SSL_CERT_FILE, trusts. "
            "redis+sentinel://host:port,host:port/mymaster is the master that sentinels name, "
            "redis+cluster://host:port,host:port a cluster, through any of its nodes. "
            "With none of the three, Chorus runs the bundled Valkey itself, on this Unix socket.",
            Kind(
                "redis://…, rediss://…, redis+sentinel://…, redis+cluster://… or unix:///…",
                url_with("redis", "rediss", "unix"),
            ),
            secret=True,
        ),
    ] = "unix://{home}/run/valkey.sock"
    """Empty when host and port say where Redis is."""

    retry_delay: Annotated[
        float, Variable("REDIS_RETRY_DELAY_ON_FAILOVER", "The wait before a lost Redis is tried again.", DELAY)
    ] = 0.1
    max_retries: Annotated[
        int,
        Variable(
            "REDIS_MAX_RETRIES_PER_REQUEST", "How often one request is tried again before it fails.", whole(0, 1000)
        ),
    ] = 3
    lazy_connect: Annotated[
        bool,
        Variable("REDIS_LAZY_CONNECT", "false: connect when an instance starts, and fail loudly there.", BOOLEAN),
    ] = False
    keep_alive: Annotated[
        float, Variable("REDIS_KEEP_ALIVE", "The interval of TCP keep-alive probes to Redis.", TIMEOUT)
    ] = 30.0
    connect_timeout: Annotated[
        float, Variable("REDIS_CONNECT_TIMEOUT", "How long connecting to Redis may take.", TIMEOUT)
    ] = 10.0
    command_timeout: Annotated[
        float, Variable("REDIS_COMMAND_TIMEOUT", "How long one Redis command may take.", TIMEOUT)
    ] = 5.0
    adapter: Annotated[
        bool,
        Variable(
            "SOCKET_IO_REDIS_ADAPTER",
            "true: events cross from instance to instance through Redis. false is for one instance: several would "
            "find each other's messages seconds later, and sign-outs up to two minutes later, in the database.",
            BOOLEAN,
        ),
    ] = True
    bundled: bool = True
    """No variable of its own: true when none of REDIS_HOST, REDIS_PORT and REDIS_URL is set."""


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
            "Database connections of one instance, at most.",
            whole(1, 1000),
            also=("PRISMA_CONNECTION_LIMIT",),
            production=15,
        ),
    ] = 10
    max_retries: Annotated[
        int,
        Variable(
            "DATABASE_MAX_RETRIES",
            "How often an instance that starts tries the database again before it gives up.",
            whole(0, 1000),
        ),
    ] = 3
    retry_delay: Annotated[
        float, Variable("DATABASE_RETRY_DELAY", "The wait before each of these attempts.", DELAY)
    ] = 0.5
    """Seconds."""


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Where attached files lie, and how large they may be."""

    url: Annotated[
        str,
        Variable(
            "CHORUS_FILES_URL",
            "Where attached files lie: a folder that all instances share, or a bucket that speaks S3, with the "
            "credentials in AWS's own variables (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, "
            "AWS_ENDPOINT_URL); for that, install chorus[s3].",
            Kind("file:///… or s3://…", url_with("file", "s3")),
        ),
    ] = "file://{home}/data/files"
    limit: Annotated[
        int,
        Variable(
            "CHORUS_FILE_LIMIT",
            "How large one file may be.",
            Kind("megabytes, a whole number from 1 to 10000", whole_number(1, 10_000), unit="MB"),
        ),
    ] = 50
    """Megabytes."""


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    """Who may sign up, and how sessions are signed."""

    jwt_secret: Annotated[
        str,
        Variable(
            "JWT_SECRET",
            "The key that signs access tokens; in production 32 bytes or more. "
            "In development one is made once and kept in $CHORUS_HOME/state/jwt.secret.",
            TEXT,
            production=Special.REQUIRED,
            secret=True,
            shortest=SHORTEST_JWT_SECRET,
        ),
    ] = ""
    sign_up: Annotated[
        Literal["open", "invite", "closed"],
        Variable(
            "CHORUS_SIGN_UP",
            "Who may make an account after the first one, which owns the server: open is anybody, invite is who has "
            "an invite link, closed is nobody.",
            choice("open", "invite", "closed"),
        ),
    ] = "invite"
    audit_retention: Annotated[
        int,
        Variable(
            "CHORUS_AUDIT_DAYS",
            "For how many days lines of the audit log are kept. 0: for ever.",
            whole(0, 36_500),
        ),
    ] = 400
    """Days."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the environment decides."""

    stage: Annotated[
        Stage,
        Variable(
            "CHORUS_ENV",
            "Where this runs: it decides the defaults below.",
            Kind("development or production", Stage),
            also=("NODE_ENV",),
        ),
    ] = Stage.DEVELOPMENT
    home: Annotated[
        str,
        Variable("CHORUS_HOME", "The folder of sockets, state and data; only its owner may look into it.", FOLDER),
    ] = "~/.chorus"
    name: Annotated[str, Variable("CHORUS_NAME", "What the chat calls itself.", TEXT)] = "Chorus"
    alert_webhook: Annotated[
        str,
        Variable(
            "CHORUS_ALERT_WEBHOOK",
            'The address that is told of alerts of the chat by a POST of {"text": …}, as Slack takes it: alerts.md.',
            Kind("http://… or https://…", url_with("http", "https")),
            secret=True,
        ),
    ] = ""
    instance: Annotated[
        str,
        Variable(
            "CHORUS_INSTANCE_ID",
            "The number of this instance. The manager sets it, you need not.",
            NUMBER,
            also=("NODE_APP_INSTANCE", "PM2_INSTANCE_ID"),
        ),
    ] = "0"
    web: Web = Web()
    redis: Redis = Redis()
    database: Database = Database()
    files: Files = Files()
    accounts: Accounts = Accounts()

    @property
    def production(self) -> bool:
        """Whether real people depend on this."""
        return self.stage is Stage.PRODUCTION


class Declared(NamedTuple):
    """A variable with the field it fills, for those who list them."""

    group: type[msgspec.Struct]
    field: str
    default: Any
    variable: Variable


def declarations() -> Iterator[Declared]:
    """Every variable, in the order of their declaration: first those of `Settings` itself, then group after group."""
    yield from _declared(Settings)
    for group in (Web, Redis, Database, Files, Accounts):
        yield from _declared(group)


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings out of a mapping such as `os.environ`.

    Raises:
        SettingsError: naming every variable that is wrong, or that production requires and nobody set.
    """
    reader = _Reader(_with_password_of_url(environment))
    top = reader.group(Settings)
    redis = reader.group(Redis)
    home: str = top["home"]
    if home.startswith("~"):
        home = top["home"] = (environment.get("HOME") or "/").rstrip("/") + home[1:]

    elsewhere = [name for name in ("REDIS_HOST", "REDIS_PORT", "REDIS_URL") if environment.get(name)]
    redis["bundled"] = not elsewhere
    if elsewhere and "REDIS_URL" not in elsewhere:
        redis["url"] = ""
    groups: dict[str, Any] = {
        "web": Web(**reader.group(Web)),
        "redis": Redis(**_filled(redis, home)),
        "database": Database(**_filled(reader.group(Database), home)),
        "files": Files(**_filled(reader.group(Files), home)),
        "accounts": Accounts(**reader.group(Accounts)),
    }
    if reader.problems:
        raise SettingsError(reader.problems)
    return Settings(**top, **groups)


def _declared(group: type[msgspec.Struct]) -> Iterator[Declared]:
    hints = get_type_hints(group, include_extras=True)
    for field in msgspec.structs.fields(group):
        for variable in getattr(hints[field.name], "__metadata__", ()):
            if isinstance(variable, Variable):
                yield Declared(group, field.name, field.default, variable)


def _filled(values: dict[str, Any], home: str) -> dict[str, Any]:
    """Defaults that lie in the home folder are written with `{home}`; a path in a URL is quoted (RFC 3986)."""
    return {**values, "url": values["url"].replace("{home}", home.translate(_QUOTED))}


def _with_password_of_url(environment: Mapping[str, str]) -> Mapping[str, str]:
    if environment.get("REDIS_PASSWORD"):
        return environment
    try:
        password = unquote(urlsplit(environment.get("REDIS_URL", "")).password or "")
    except ValueError:  # not a URL at all, which the reader of REDIS_URL reports
        return environment
    return {**environment, "REDIS_PASSWORD": password}


def _scheme_of(text: str) -> str:
    """All that may be shown of a secret: where it is a URL, of which kind."""
    match = re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://", text)
    return f"{match[0]}…" if match else "something else"


class _Reader:
    """Reads group after group and collects what is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[Problem] = []
        self.production = False

    def group(self, group: type[msgspec.Struct]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for declared in _declared(group):
            values[declared.field] = value = self._value(declared)
            if value is Stage.PRODUCTION:
                self.production = True
        return values

    def _value(self, declared: Declared) -> Any:
        variable = declared.variable
        for name in (variable.name, *variable.also):
            if text := self.environment.get(name):
                return self._read(name, text, declared)

        if not self.production or variable.production is Special.SAME:
            return declared.default
        if variable.production is Special.REQUIRED:
            self.problems.append(Problem(variable.name, "nothing", "a value: production does not start without it"))
            return declared.default
        return variable.production

    def _read(self, name: str, text: str, declared: Declared) -> Any:
        variable = declared.variable
        try:
            value = variable.kind.read(text)
        except (ValueError, KeyError):  # what a kind raises for text that it does not expect
            found = _scheme_of(text) if variable.secret else repr(text if len(text) <= 80 else text[:77] + "…")
            self.problems.append(Problem(name, found, variable.kind.expected))
            return declared.default
        size = len(text.encode(errors="surrogateescape"))
        if self.production and size < variable.shortest:
            self.problems.append(Problem(name, f"{size} bytes", f"{variable.shortest} bytes or more"))
        return value
