"""What the application gives to the routes that ask for it, by the name of the parameter."""

from collections.abc import Collection
from typing import TypeAlias

import msgspec
from litestar.di import NamedDependency

from chorus.chat.actions.chat import Chat
from chorus.chat.domain.sessions import Origin, Session

SERVED = "chorus.chat.served"
"""Where a request's scope has what it is served from."""


class Served(msgspec.Struct, frozen=True):
    """What a request is served from."""

    chat: Chat
    origins: Collection[str]
    """Our own besides the `Host` asked for, as "https://chat.example.com"."""


GivenChat: TypeAlias = NamedDependency[Chat]
"""`chat`: what the actions work with."""

GivenSession: TypeAlias = NamedDependency[Session]
"""`session`: of whoever asks; without one the route is not reached, and the answer is 401."""

GivenOrigin: TypeAlias = NamedDependency[Origin]
"""`origin`: where the request comes from."""
