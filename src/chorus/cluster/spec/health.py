"""How the manager asks an instance whether it is well."""

from typing import Annotated

import msgspec
from msgspec import Meta

from chorus.cluster.spec.units import Seconds


class Health(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the manager asks an instance whether it is well. Times in seconds."""

    path: Annotated[
        str, Meta(pattern=r"^/[!-~]*$", max_length=1024, extra={"expected": "a path that starts with /"})
    ] = "/health/ready"
    """Asked with GET on the private socket of an instance of `app`; 2xx is well."""

    url: (
        Annotated[
            str,
            Meta(
                pattern=r"^http://[!-~]+$",
                max_length=1024,
                extra={"reads": "url", "expected": 'an address such as "http://127.0.0.1:$PORT/health"'},
            ),
        ]
        | None
    ) = None
    """Instead of `path`: asked with GET; 2xx is well, 503 is alive. `$NAME` stands for a variable of the instance."""

    connect: (
        Annotated[int, Meta(ge=1, le=65535)]
        | Annotated[
            str,
            Meta(
                min_length=1,
                max_length=107,
                extra={
                    "reads": "place",
                    "expected": 'a port from 1 to 65535, the path of a Unix socket, or a variable such as "$PORT"',
                },
            ),
        ]
        | None
    ) = None
    """Instead of `path`: an instance is well while it takes connections, on this TCP port of 127.0.0.1 or on this Unix
    socket; relative to `cwd`. `$NAME` stands for a variable of the instance.
    """

    ask: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    """With `connect`: what it is told there, such as `"PING\\r\\n"`; it is well when it answers anything. A program
    that hangs is connected to all the same, by the system.
    """

    command: tuple[str, ...] = ()
    """Instead of `path`: an instance is well when this program ends with 0. It runs in `cwd`, with the variables and as
    the user of the instance; CHORUS_PID is its process. The last line of what it says is the reason.
    """

    grace: Seconds = 3.0
    """Seconds after the start in which a failed check counts for nothing."""

    interval: Seconds = 5.0
    """Seconds between two checks of an instance that is online."""

    timeout: Seconds = 5.0
    """Seconds until a check without an answer has failed."""

    threshold: Annotated[int, Meta(ge=1, le=1000)] = 3
    """Failures in a row after which the instance is restarted, gracefully: it accepts nothing more and ends."""

    @property
    def ways(self) -> list[str]:
        """The ways to ask that are given, beside `path`."""
        return [name for name in ("url", "connect", "command") if getattr(self, name)]
