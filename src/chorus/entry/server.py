"""The chat as an ASGI application, built from the environment when it starts: what every worker serves.

    python -m chorus.cluster.worker chorus.entry.server:application

HTTP goes to the page's files, the API and the health routes; `application.websocket_protocol` serves upgrades in place
of uvicorn's own protocol. Nothing is read or connected before the lifespan begins, so whatever is wrong (a variable,
the database, Redis) ends the start with one line that names the variable to look at.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import cache
from typing import Any

from chorus import __version__
from chorus.chat.access.paths import API, SOCKETS
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.delivering import Deliverer
from chorus.chat.actions.files import Sweeper
from chorus.chat.actions.indexing import Indexer
from chorus.chat.actions.passwords import Passwords
from chorus.chat.actions.retention import Expiry
from chorus.chat.actions.settings import ChatSettings
from chorus.chat.calling.addresses import networks_of
from chorus.chat.calling.caller import Caller
from chorus.chat.domain.errors import DatabaseDamaged, Invalid, Outdated, Unavailable
from chorus.chat.files.contract import Blobs
from chorus.chat.files.opening import open_blobs
from chorus.chat.http.application import http_application
from chorus.chat.http.documents import document_route
from chorus.chat.http.envelope import Application, Envelope, Receive, Scope, Send
from chorus.chat.http.given import SERVED, Served
from chorus.chat.http.shortcut import Shortcut
from chorus.chat.limits.memory import MemoryLimiter
from chorus.chat.limits.redis import RedisLimiter
from chorus.chat.live import asyncapi
from chorus.chat.live.announcements import LiveAnnouncer
from chorus.chat.live.gateway import Gateway
from chorus.chat.storage.contract import Store
from chorus.chat.storage.log import ChannelLog
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from chorus.entry.data_folder import make_data_folder
from chorus.entry.redis_settings import redis_settings
from chorus.entry.settings import Settings, SettingsError, from_environment
from chorus.entry.signing_key import signing_key
from chorus.ops.backplane import BackplaneProbe
from chorus.ops.health import Check, Health
from chorus.ops.routes import HEALTH_ROUTES, WATCHED, Liveness, Watched
from chorus.realtime import (
    Backplane,
    BackplaneRefused,
    BackplaneUnavailable,
    Commands,
    DurableRooms,
    EntriesGone,
    Entry,
    MemoryBackplane,
    Mover,
    RedisBackplane,
    Server,
)
from chorus.web.assets import Answer, Assets

logger = logging.getLogger(__name__)


class StartFailed(Exception):
    """The instance cannot start; the text is one line for the operator."""

    exit_code = 1


class Away(StartFailed):
    """What the instance needs is away for now: the manager tries it again as long as that takes."""

    exit_code = 75
    """EX_TEMPFAIL of sysexits(3)."""


class ChorusServer:
    """One instance of the chat."""

    def __init__(self, environment: Mapping[str, str], *, passwords: Callable[[], Passwords] = Passwords) -> None:
        """Remember where the settings come from; they are read by the lifespan.

        Args:
            environment: the variables of docs/settings.md.
            passwords: makes what hashes them; its cost is the library's, unless the caller wants another.
        """
        self._environment = environment
        self._passwords = passwords
        self._http: Application = _not_started
        self._realtime: Server | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an ASGI scope."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:  # uvicorn's own WebSocket protocol asks: it was not told of `websocket_protocol`
            await send({"type": "websocket.close", "code": 1011, "reason": "served by websocket_protocol only"})

    def websocket_protocol(self, *arguments: Any, **named: Any) -> asyncio.Protocol:
        """Make the protocol that takes over a connection whose request is an upgrade; uvicorn's signature."""
        assert self._realtime is not None, "uvicorn accepts no connection before the lifespan has started"
        return self._realtime.websocket_protocol(*arguments, **named)

    @property
    def hand_over(self) -> Mover:
        """Hands live connections to another worker, and takes them; once the lifespan has started."""
        assert self._realtime is not None, "a worker asks for it when the application has started"
        return self._realtime.hand_over

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                await self._start(stack)
            except (StartFailed, SettingsError) as error:
                code = getattr(error, "exit_code", 1)
                await send({"type": "lifespan.startup.failed", "message": _one_line(error), "exit_code": code})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self._http = _not_started
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self, stack: AsyncExitStack) -> None:
        settings = from_environment(self._environment)
        origins = settings.web.origins
        store = await _open_store(settings, stack)
        backplane = RedisBackplane(redis_settings(settings.redis)) if settings.redis.adapter else MemoryBackplane()
        if not settings.redis.adapter and settings.instance != "0":
            logger.warning(
                "SOCKET_IO_REDIS_ADAPTER is false and this is instance %s of several: what one instance does reaches "
                "live connections of the others when they look into the database; sign-outs within two minutes",
                settings.instance,
            )
        # The number is another process's as well, during a reload and on another machine; sids must lead to one.
        identity = f"{settings.instance}-{secrets.token_hex(4)}"
        realtime = Server(instance=identity, backplane=backplane, allowed_origins=origins or None, path=SOCKETS)
        namespace = realtime.namespace("/")
        durable = DurableRooms(namespace, ChannelLog(store, Entry, EntriesGone))
        limiter = RedisLimiter(Commands(redis_settings(settings.redis))) if settings.redis.adapter else MemoryLimiter()
        stack.push_async_callback(limiter.close)
        chat = Chat(
            store=store,
            announcer=LiveAnnouncer(namespace, durable, backplane),
            passwords=self._passwords(),
            settings=_chat_settings(settings),
            limiter=limiter,
            blobs=_open_blobs(settings),
            caller=Caller(networks_of(settings.web.callable_networks)),
        )
        stack.callback(chat.close)
        gateway = Gateway(chat, namespace, durable, backplane, origins=origins, proxies=settings.web.proxies)
        await _start_realtime(realtime, stack)
        stack.push_async_callback(durable.close)
        for task in (gateway, Indexer(chat), Sweeper(chat), Deliverer(chat), Expiry(chat)):
            task.start()
            stack.push_async_callback(task.close)

        health = Health(_checks(settings, store, backplane, durable))
        served = {
            SERVED: Served(chat, origins),
            WATCHED: Watched(health, Liveness("ok", settings.instance, __version__)),
        }
        router = _router(_page(watch=not settings.production), served, realtime)
        self._realtime, self._http = realtime, Envelope(router, instance=settings.instance)


async def _open_store(settings: Settings, stack: AsyncExitStack) -> Store:
    """Bring the schema up to date and connect, trying a few times: a database restarts now and then."""
    try:
        store = open_store(
            DatabaseSettings(url=settings.database.url, connection_limit=settings.database.connection_limit)
        )
    except Invalid as error:
        raise StartFailed(str(error)) from error
    make_data_folder(settings)
    stack.push_async_callback(store.close)
    attempts = 1 + settings.database.max_retries
    for attempt in range(1, attempts + 1):
        try:
            await store.start()
        except OSError as error:  # the file's folder; waiting does not mend it
            raise StartFailed(f"DATABASE_URL: {error}") from error
        except DatabaseDamaged as error:
            raise StartFailed(
                f"DATABASE_URL: found {error}; expected an SQLite database: put a copy of it back, or name another file"
            ) from error
        except Outdated as error:
            raise StartFailed(f"DATABASE_URL: {error}; start a newer version of Chorus") from error
        except Unavailable as error:
            if attempt == attempts:
                raise Away(f"DATABASE_URL: the database cannot be reached: {error}; tried {attempt} times") from error
            await asyncio.sleep(settings.database.retry_delay)
        else:
            break
    return store


def _open_blobs(settings: Settings) -> Blobs:
    try:
        return open_blobs(settings.files.url)
    except Invalid as error:
        raise StartFailed(str(error)) from error


async def _start_realtime(realtime: Server, stack: AsyncExitStack) -> None:
    """Connect the backplane, which tries as often as it is told."""
    stack.push_async_callback(realtime.close)
    try:
        await realtime.start()
    except BackplaneRefused as error:  # a setting is wrong; waiting does not mend it
        raise StartFailed(str(error)) from error
    except BackplaneUnavailable as error:
        raise Away(str(error)) from error


def _chat_settings(settings: Settings) -> ChatSettings:
    return ChatSettings(
        secret=settings.accounts.jwt_secret or signing_key(settings.home),
        name=settings.name,
        sign_up=settings.accounts.sign_up,
        rate_limit=settings.web.rate_limit,
        audit_retention=settings.accounts.audit_retention,
        file_limit=settings.files.limit * 1024 * 1024,
        instance=settings.instance,
        version=__version__,
    )


def _checks(settings: Settings, store: Store, backplane: Backplane, durable: DurableRooms) -> list[Check]:
    checks = [Check("database", store.ping, required=True)]
    if settings.redis.adapter:
        checks.append(Check("redis", BackplaneProbe(backplane, durable), required=False))
    return checks


@cache
def _page(*, watch: bool) -> Assets:
    """The files of the page: the same for every chat, so there is one of each kind in a process."""
    return Assets(watch=watch)


_EVENTS = document_route(f"{API}/asyncapi.json", lambda: asyncapi.document(__version__))


def _router(assets: Assets, served: Mapping[str, object], realtime: Server) -> Application:
    """Send the page's files to whoever asks for one, and everything else to the API, which knows what is nowhere."""
    framework = http_application(version=__version__, besides=(HEALTH_ROUTES, _EVENTS))
    api = Shortcut(framework)  # pyright: ignore[reportArgumentType]: Litestar's scope is a TypedDict

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(SOCKETS):
            await realtime.asgi(scope, receive, send)
            return
        if not path.startswith(("/api/", "/health/")):
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            answer = assets.answer(scope["method"], path, headers)
            if answer is not None:
                await _send(answer, send)
                return
        scope.update(served)
        await api(scope, receive, send)

    return route


async def _send(answer: Answer, send: Callable[[Any], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _not_started(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"0"), (b"retry-after", b"1")]
    await _send(Answer(503, headers), send)


def _one_line(error: Exception) -> str:
    return "; ".join(str(error).splitlines())


application = ChorusServer(os.environ)
