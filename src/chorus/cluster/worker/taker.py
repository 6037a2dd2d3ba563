"""Takes connections that other workers give: what is offered is considered, and what is sent goes on here.

taker = Taker(application.hand_over, server_state, http=protocol)
await taker.consider(channel, Offer(format, news))       # answers Welcome or Declined
await taker.take(channel, Session(0, state), sock)       # answers Taken or Refused
taker.going = True                                       # this worker ends: from now on it takes nothing
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

from chorus.cluster.handover.contract import HandOver
from chorus.cluster.handover.messages import Declined, Note, Offer, Refused, Session, Taken, Welcome
from chorus.cluster.worker.channel import Channel

_logger = logging.getLogger("chorus.worker")


class Taker:
    """Args:
    application: what the application brings along, or `Nothing`.
    server_state: uvicorn's; its `connections` know what was taken.
    http: makes the protocol for a connection of HTTP.
    """

    def __init__(self, application: HandOver, server_state: Any, *, http: Callable[[], asyncio.Protocol]) -> None:
        self.going = False
        """Whether this worker ends."""

        self._application = application
        self._state = server_state
        self._http = http

    async def consider(self, channel: Channel, offer: Offer) -> None:
        """Prepare for connections, and say whether they may come."""
        if self.going:
            channel.send(Declined("it is ending, too"))
            return
        if offer.format != (ours := self._application.format):
            channel.send(Declined(f"it writes states otherwise: found {offer.format!r}, expected {ours!r}"))
            return
        try:
            await self._application.expect(offer.news)
        except Exception as error:  # whatever the application raises: nothing comes, and the other worker says why
            _logger.debug("the application does not expect connections", exc_info=True)
            channel.send(Declined(str(error) or repr(error)))
        else:
            channel.send(Welcome(len(self._state.connections)))

    async def take(self, channel: Channel, session: Session, sock: socket.socket) -> None:
        """Go on with a connection of the application's, and say so."""
        if self.going or not channel.open:
            sock.close()
            channel.send(Refused(session.number, "it is ending, too"))
            return
        try:
            await self._application.take(sock, session.state, self._state, lambda note: channel.send(Note(note)))
        except Exception as error:  # whatever the application raises: its giver closes the connection and says why
            _logger.debug("the application did not take a connection", exc_info=True)
            channel.send(Refused(session.number, str(error) or repr(error)))
        else:
            channel.send(Taken(session.number))

    async def serve(self, channel: Channel, number: int, sock: socket.socket) -> None:
        """Go on with a connection of HTTP: as with one that was just accepted; and say so."""
        if self.going or not channel.open:
            sock.close()
            channel.send(Refused(number, "it is ending, too"))
            return
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().connect_accepted_socket(self._http, sock)
        except OSError as error:  # its client went away in between
            sock.close()
            channel.send(Refused(number, str(error)))
        else:
            channel.send(Taken(number))

    def noted(self, data: bytes) -> None:
        """Take what another worker has to say about a connection that was handed over, to us or by us."""
        try:
            self._application.noted(data)
        except Exception:  # the application's own code: this note is lost, others are not
            _logger.exception("a note about a connection that was handed over failed")
