"""The manager's side of keeper.sock.

`Keeper` has a method for each command the manager uses; underneath, a `Link` carries commands and brings facts. The
real link is `connect`'s; tests put one in memory there.

    keeper = Keeper(await connect(path, on_lost))
    snapshot = await keeper.subscribe(on_fact)
    spawned = await keeper.spawn(wire.SpawnChild(...))      # raises wire.Failure
    keeper.note("cluster", "...")                            # goes out in order, nobody waits

Order is kept: commands are sent when they are given, and what a fact says happened after the answers that came before.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from chorus.cluster.keeper import documents, wire
from chorus.cluster.spec.address import Address, meet

log = logging.getLogger(__name__)

FactHandler = Callable[[wire.Fact], None]


class Link(Protocol):
    """Carries commands to a keeper and facts back."""

    def ask(self, command: wire.Command) -> asyncio.Future[Any]:
        """Send a command; the future brings its answer, or `wire.Failure`."""
        ...

    def listen(self, handler: FactHandler) -> None:
        """Call the handler with every fact from now on."""
        ...


class KeeperLost(ConnectionError):
    """The keeper is gone, and with it the manager's reason to live."""


class SocketLink(asyncio.Protocol):
    """A link over a connection to keeper.sock; asyncio calls `connection_made`, `data_received`, `connection_lost`."""

    def __init__(self, on_lost: Callable[[], None]) -> None:
        self._on_lost = on_lost
        self._handler: FactHandler | None = None
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._number = 0
        self._pending: dict[int, tuple[type[wire.Command], asyncio.Future[Any]]] = {}
        self._loop = asyncio.get_running_loop()

    def ask(self, command: wire.Command) -> asyncio.Future[Any]:
        """Send a command; the future brings its answer, `wire.Failure` or `KeeperLost`."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._transport is None or self._transport.is_closing():
            future.set_exception(KeeperLost("the keeper closed the connection"))
            return future
        line = documents.encode(documents.request(self._number + 1, command))
        if len(line) > wire.LONGEST_REQUEST:
            text = f"{type(command).__name__} of {len(line)} bytes, the keeper takes {wire.LONGEST_REQUEST}"
            future.set_exception(wire.Failure("too_large", text))
            return future
        self._number += 1
        self._pending[self._number] = (type(command), future)
        self._transport.write(line)
        return future

    def listen(self, handler: FactHandler) -> None:
        """Call the handler with every fact from now on."""
        self._handler = handler

    def close(self) -> None:
        """Hang up; the keeper and its children stay."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """The keeper said something: whole lines of it count."""
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        if len(rest) > wire.LONGEST_ANSWER:
            log.error("the keeper sent a line above %d bytes", wire.LONGEST_ANSWER)
            self.close()
            return
        self._buffer = bytearray(rest)
        for line in lines:
            try:
                self._take(documents.decode(line))
            except (wire.WireError, KeyError, TypeError) as error:
                # A keeper of another version may say what we do not know; what we asked for still gets its answer.
                log.error("the keeper sent what we do not understand: %s", error)

    def _take(self, document: dict[str, Any]) -> None:
        if (name := document.get("fact")) is not None:
            if self._handler is not None:
                # Not called at once: a coroutine that waits for an answer before this fact goes first.
                self._loop.call_soon(self._handler, documents.build(wire.FACTS[name], document))
            return
        command, future = self._pending.pop(document["id"])
        if future.cancelled():
            return
        if document["ok"]:
            future.set_result(documents.build(wire.ANSWERS[command], document))
        else:
            future.set_exception(wire.Failure(document["error"]["code"], document["error"]["message"]))

    def connection_lost(self, exc: Exception | None) -> None:
        """The keeper hung up: nothing asked will be answered."""
        pending, self._pending = self._pending, {}
        for _, future in pending.values():
            if not future.done():
                future.set_exception(KeeperLost("the keeper closed the connection"))
        self._on_lost()


async def connect(path: str, on_lost: Callable[[], None]) -> SocketLink:
    """Connect to the keeper that listens at `path`; `on_lost` is called when it hangs up.

    Raises:
        OSError: nobody listens there.
    """
    _, link = await asyncio.get_running_loop().create_unix_connection(lambda: SocketLink(on_lost), path)
    return link


class Keeper:
    """What the manager asks of its keeper."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def subscribe(self, handler: FactHandler) -> wire.Snapshot:
        """Have the handler called with every fact from now on, and learn what there is."""
        self._link.listen(handler)
        subscribed, inspected = self._link.ask(wire.Subscribe()), self._link.ask(wire.Inspect())
        await subscribed
        return await inspected

    async def open_listener(self, name: str, host: str, port: int, backlog: int) -> wire.ListenerOpened:
        """Hold a listening socket. Raises wire.Failure: address_in_use, address_not_available, permission."""
        return await self._link.ask(wire.OpenListener(name, host, port, backlog))

    async def try_listener(self, name: str, host: str, port: int, backlog: int) -> None:
        """Bind a listening socket of nobody's and let it go. Raises as `open_listener`.

        Both commands leave in one breath, so that the socket that another start opens under this name is not the one
        that is closed.
        """
        opening = self._link.ask(wire.OpenListener(name, host, port, backlog))
        self.close_listener(name)
        await opening

    async def listener_at(self, address: Address) -> str | None:
        """The application whose listening socket keeps others from this address; None: none of ours."""
        found: wire.Snapshot = await self._link.ask(wire.Inspect())
        return next((each.name for each in found.listeners if meet((each.host, each.port), address)), None)

    async def open_page(self, name: str, size: int) -> None:
        """Hold a page of shared memory."""
        await self._link.ask(wire.OpenPage(name, size))

    def close_listener(self, name: str) -> asyncio.Future[Any]:
        """Let go of a listening socket, if there is one."""
        return self._tell(wire.CloseListener(name), passable={"not_found"})

    def close_page(self, name: str) -> None:
        """Let go of a page, if there is one."""
        self._tell(wire.ClosePage(name), passable={"not_found"})

    def spawn(self, command: wire.SpawnChild) -> asyncio.Future[wire.ChildSpawned]:
        """Start a child. Brings wire.Failure: exec_failed, conflict, not_found, spawn_failed, ending, full."""
        return self._link.ask(command)

    def signal(self, key: str, signal: int, *, group: bool) -> None:
        """Send a signal; a child that is gone already is all right, its exit comes as a fact."""
        self._tell(wire.SignalChild(key, signal, group), passable={"not_found", "not_running"})

    def forget(self, key: str) -> None:
        """Drop the record of an exited child; nothing happens for one that is not known."""
        self._tell(wire.ForgetChild(key), passable={"not_found"})

    def note(self, name: str, text: str | None) -> None:
        """Write in the notebook, or remove with None."""
        self._tell(wire.Note(name, text))

    async def reopen_logs(self) -> None:
        """Have every log file opened by its path again."""
        await self._link.ask(wire.ReopenLogs())

    async def tail(self, key: str, lines: int) -> list[str]:
        """The last output lines of a child; none when the keeper does not know it."""
        try:
            answer: wire.Lines = await self._link.ask(wire.Tail(key, lines))
        except wire.Failure:  # never spawned, or forgotten: it has no last words
            return []
        return answer.lines

    def update(self) -> asyncio.Future[wire.Done]:
        """Have the keeper run the code that is installed now; the link ends after it."""
        return self._link.ask(wire.Update())

    def exit(self) -> asyncio.Future[wire.Done]:
        """End the keeper, and this manager with it."""
        return self._link.ask(wire.Exit(force=True))

    def _tell(self, command: wire.Command, passable: set[str] | None = None) -> asyncio.Future[Any]:
        """Send a command whose answer only matters when it is a failure; nobody need wait for it."""

        def answered(future: asyncio.Future[Any]) -> None:
            error = None if future.cancelled() else future.exception()
            if isinstance(error, wire.Failure) and error.code not in (passable or set()):
                log.error("the keeper refused %s: %s", type(command).__name__, error.message)

        future = self._link.ask(command)
        future.add_done_callback(answered)
        return future
