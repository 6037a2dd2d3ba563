"""What the application gives to the routes that ask for it, by the name of the parameter."""

from typing import TypeAlias

from litestar.di import NamedDependency

from chorus.chat.actions.chat import Chat
from chorus.chat.domain.sessions import Origin, Session

GivenChat: TypeAlias = NamedDependency[Chat]
"""`chat`: what the actions work with."""

GivenSession: TypeAlias = NamedDependency[Session]
"""`session`: of whoever asks; without one the route is not reached, and the answer is 401."""

GivenOrigin: TypeAlias = NamedDependency[Origin]
"""`origin`: where the request comes from."""
