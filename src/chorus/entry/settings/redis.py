"""The Redis or Valkey that carries events between instances."""

from typing import Annotated

import msgspec

from chorus.entry.settings.variables import BOOLEAN, DELAY, TEXT, TIMEOUT, Kind, Special, Variable, url_with, whole


class Redis(msgspec.Struct, frozen=True, kw_only=True):
    """The Redis or Valkey that carries events between instances. All times in seconds."""

    host: Annotated[str, Variable("REDIS_HOST", "Where Redis runs.", TEXT)] = "localhost"
    port: Annotated[int, Variable("REDIS_PORT", "The port Redis listens on.", whole(1, 65535))] = 6379
    password: Annotated[
        str,
        Variable(
            "REDIS_PASSWORD",
            "The password of Redis, and of the bundled Valkey. A password in REDIS_URL will do, too.",
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
            "Redis by one address; it takes precedence over REDIS_HOST and REDIS_PORT. "
            "rediss:// is TLS, with a certificate that the system, or SSL_CERT_FILE, trusts. "
            "redis+sentinel://host:port,host:port/mymaster is the master that sentinels name, "
            "redis+cluster://host:port,host:port a cluster, through any of its nodes. "
            "With none of the three set, Chorus runs the bundled Valkey itself, on this Unix socket.",
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
        Variable(
            "REDIS_LAZY_CONNECT",
            "false: connect when an instance starts, and fail loudly if that does not work.",
            BOOLEAN,
        ),
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
            "true: events cross between instances through Redis. false is for a single instance: several would find "
            "each other's messages in the database, seconds later, and sign-outs up to two minutes later.",
            BOOLEAN,
        ),
    ] = True
    bundled: bool = True
    """No variable of its own: true when none of REDIS_HOST, REDIS_PORT and REDIS_URL is set."""
