"""The socket of an application, and the load page of its workers: the keeper holds both, and is asked here for them.

listener = Listener(site, "chat")
await listener.open(spec)       # OperationFailed: who has the port
listener.address                # ("127.0.0.1", 3000)
listener.close()
await listener.closed()
"""

import asyncio

from chorus.cluster.keeper import wire
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.ports import holder_of_port
from chorus.cluster.manager.site import Site
from chorus.cluster.manager.slots import SLOTS
from chorus.cluster.spec import ApplicationSpec
from chorus.cluster.worker.gate import CELL

PAGE_SIZE = SLOTS * CELL
"""Bytes of a load page: a cell for each slot (worker.gate)."""


class Listener:
    """Of the application of this name."""

    def __init__(self, site: Site, name: str) -> None:
        self.is_open = False
        """Whether the socket and the load page are held by the keeper."""

        self.address: tuple[str, int] | None = None
        """Host and port, while the socket is open."""

        self._site = site
        self._name = name
        self._closing: asyncio.Future[object] | None = None

    def found(self, address: tuple[str, int] | None = None) -> None:
        """The keeper holds them, since an earlier manager asked for them."""
        self.is_open, self.address = True, address or self.address

    async def open(self, spec: ApplicationSpec) -> None:
        """Have the socket bound and the load page there.

        Raises:
            OperationFailed: naming the address and, where the system tells, who has it.
        """
        self.is_open = True
        if spec.app is not None:
            await self._site.keeper.open_page(self._name, PAGE_SIZE)
        if spec.port is None:
            return
        try:
            opened = await self._site.keeper.open_listener(self._name, spec.host, spec.port, spec.backlog)
        except wire.Failure as error:
            raise await _cannot_listen(self._site, spec, error) from error
        self.address = (opened.host, opened.port)

    def close(self) -> None:
        """Let the socket and the load page go: connections are refused from now on."""
        if self.is_open:
            self.is_open, self.address = False, None
            self._closing = self._site.keeper.close_listener(self._name)
            self._site.keeper.close_page(self._name)

    async def closed(self) -> None:
        """Wait until the socket is closed, where it is being closed."""
        if self._closing is not None:
            await asyncio.wait({self._closing})  # what went wrong is logged where it was asked for


async def try_address(site: Site, spec: ApplicationSpec) -> None:
    """Have a socket bound and closed again on an address where an application does not listen yet.

    Raises:
        OperationFailed: naming the address and, where the system tells, who has it.
    """
    name = f"{spec.name} on trial"  # a name that no application can have: its own may be open on another address
    try:
        await site.keeper.try_listener(name, spec.host, spec.port or 0, spec.backlog)
    except wire.Failure as error:
        raise await _cannot_listen(site, spec, error) from error


async def _cannot_listen(site: Site, spec: ApplicationSpec, error: wire.Failure) -> OperationFailed:
    """Why the socket could not be bound, in a line that names the port."""
    where = f"{spec.host}:{spec.port}"
    if error.code == "address_in_use":
        taken = f"{spec.name}: port {spec.port} on {spec.host} is held by"
        name = await site.keeper.listener_at((spec.host, spec.port or 0))
        if name is not None:  # nobody is to end our keeper for it
            return OperationFailed("address_in_use", f"{taken} {name}, an application of this home; give another PORT")
        holder = holder_of_port(spec.port or 0) or "another process"
        return OperationFailed("address_in_use", f"{taken} {holder}; free it, or give another PORT")
    if error.code == "permission":
        return OperationFailed("permission", f"{spec.name}: not allowed to listen on {where}: {error.message}")
    if error.code == "address_not_available":
        text = f"{spec.name}: this machine has no address {spec.host}, expected one in numbers, as 127.0.0.1 or ::1"
        return OperationFailed("address_not_available", text)
    return OperationFailed("internal", f"{spec.name}: cannot listen on {where}: {error.message}")
