"""When somebody is to be told that an application is not as it should be, and how."""

from typing import Annotated

import msgspec
from msgspec import Meta

from chorus.cluster.spec.units import Bytes, Seconds


class Alerts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds, and whom to tell. A threshold of 0 is no alert. Times in seconds."""

    memory: Bytes | None = None
    """Resident bytes of an instance. None: nine tenths of `max_memory_restart`."""

    memory_for: Seconds = 60.0
    """Seconds that has to last before it is an alert, and its end before the alert is cleared; likewise below."""

    cpu: Annotated[float, Meta(ge=0, le=100_000)] = 90.0
    """Per cent of one processor that an instance uses."""

    cpu_for: Seconds = 300.0
    """Seconds it does."""

    lag: Seconds = 0.5
    """Seconds by which the event loop of an instance of `app` is late."""

    lag_for: Seconds = 10.0
    """Seconds it is."""

    errors: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 60
    """Lines that all instances together write to `error_file` in a minute."""

    restarts: Annotated[int, Meta(ge=0, le=10_000)] = 3
    """Restarts of an instance that nobody asked for, in `restarts_within`."""

    restarts_within: Seconds = 600.0
    """Seconds over which they are counted; at most `restart_window`."""

    down: Seconds = 30.0
    """Seconds for which an instance that is to run is not online."""

    logs: Seconds = 30.0
    """Seconds for which a log file cannot be written."""

    webhook: (
        Annotated[
            str,
            Meta(
                pattern=r"^(https?://[!-~]+|\$[A-Za-z_][A-Za-z0-9_]*)$",
                max_length=2048,
                extra={
                    "reads": "url",
                    "expected": 'an http or https address, or a variable that holds one: "$ALERT_WEBHOOK"',
                },
            ),
        ]
        | None
    ) = None
    """Address that gets a POST of `{"text": …}`, as Slack, Mattermost and others take it. An address that is a secret
    belongs in a variable: `"$ALERT_WEBHOOK"` stands for it. None: nobody is told that way.
    """

    command: tuple[str, ...] = ()
    """Program that is run for each alert that is raised or cleared: in `cwd`, with the variables of the application,
    the alert as JSON on its standard input and its text in CHORUS_ALERT.
    """
