"""What belongs to a cluster as a whole: the table `[cluster]`."""

from typing import Annotated

import msgspec
from msgspec import Meta


class ClusterSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the manager."""

    metrics: Annotated[int, Meta(ge=1, le=65535)] | None = None
    """TCP port of 127.0.0.1 on which Prometheus gets its metrics, for every user of this machine. None: on the socket
    metrics.sock in CHORUS_HOME alone, for the owner.
    """
