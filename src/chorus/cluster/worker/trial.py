"""When a new instance begins to accept: once it has answered its health check well.

The manager asks on the private socket, and the worker sees its own answers: nobody need tell it, and a manager that is
killed meanwhile is not missed. Until then a build that starts and does not work gets nobody's request.

    trial = Trial.of({"CHORUS_HEALTH_PATH": "/health/ready", "CHORUS_ACCEPTS_WHEN": "well"})
    application = trial.watching(application, passed=acceptor.start)
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from chorus.cluster.worker.application import Application

WELL, ALIVE = "well", "alive"
"""What must have been answered: 2xx; or 503 as well, which says that something it needs is away."""


class Trial:
    """Args:
    path: of the health check.
    alive: 503 will do: the instance was started by the restart policy, and others may answer no better.
    """

    def __init__(self, path: str, *, alive: bool) -> None:
        self._path = unquote(urlsplit(path).path)
        self._alive = alive
        self._over = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Trial | None":
        """What the environment asks for; None: to accept at once."""
        path = environment.get("CHORUS_HEALTH_PATH")
        return None if path is None else cls(path, alive=environment.get("CHORUS_ACCEPTS_WHEN") == ALIVE)

    def watching(self, application: Application, passed: Callable[[], None]) -> Application:
        """The application; `passed` is called with the first answer that is good enough, and then no more."""

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            async def seen(message: Any) -> None:
                await send(message)
                if message["type"] == "http.response.start" and not self._over and self._passes(message["status"]):
                    self._over = True
                    passed()

            asked = not self._over and scope["type"] == "http" and scope["path"] == self._path
            await application(scope, receive, seen if asked else send)

        return watched

    def _passes(self, status: int) -> bool:
        return 200 <= status < 300 or (self._alive and status == 503)
