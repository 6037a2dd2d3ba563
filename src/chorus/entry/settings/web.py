"""Where people reach the chat."""

from typing import Annotated

import msgspec

from chorus.entry.settings.variables import NETWORKS, ORIGINS, PROXIES, TEXT, Variable, whole


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
            "Origins of pages that may use the chat with a browser's cookies, besides the host that was asked for: "
            "name the public address here when a proxy in front passes on another Host.",
            ORIGINS,
        ),
    ] = ()
    callable_networks: Annotated[
        tuple[str, ...],
        Variable(
            "CHORUS_CALLABLE_NETWORKS",
            "What outgoing webhooks and commands may call besides the public internet, even without TLS.",
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
            "Requests a minute that one account may make, and as many live events, a quarter of them at once; where "
            "nobody is signed in, one address may make half as many. 0: no limit. Failed sign-ins are slowed in any "
            "case.",
            whole(0, 1_000_000),
        ),
    ] = 1200
