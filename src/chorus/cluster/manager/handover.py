"""What we say to our workers of handing connections over; only those that can have the socket."""

import asyncio
import logging
import socket

from chorus.cluster.handover.balance import Load, Move
from chorus.cluster.handover.messages import (
    Bequeath,
    Count,
    Counted,
    Declined,
    Gave,
    Give,
    Message,
    MessageError,
    Reader,
    encode,
)
from chorus.cluster.manager.site import Site

log = logging.getLogger(__name__)

_READ = 65536

_PATIENCE = 30.0
"""Seconds a worker may take to answer; it gives up by itself before."""


def bequeath(site: Site, key: str, heirs: list[str]) -> None:
    """Have a worker hand over to these when it ends; said at once, so that it knows before the signal comes."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            sock.connect(site.hand_over_socket(key))
            sock.send(encode(Bequeath(heirs)))
    except FileNotFoundError:  # it has nothing that could be handed over
        return
    except OSError as error:  # it is dead or hung: its connections cannot be saved
        log.warning("%s: cannot be told who takes its connections: %s", key, error)


async def count(site: Site, key: str) -> Load | None:
    """How many connections a worker has; None when its application hands nothing over.

    Raises:
        OSError: it does not answer, or answers something else (ConnectionError) or too late (TimeoutError).
    """
    try:
        answer = await _ask(site, key, Count())
    except FileNotFoundError:
        return None
    if isinstance(answer, Declined):
        return None
    if not isinstance(answer, Counted):
        raise ConnectionError(f"{key} answered {type(answer).__name__}")
    return Load(key, answer.connections, answer.movable)


async def give(site: Site, move: Move) -> Gave:
    """Have a worker hand connections over, and wait until it has.

    Raises:
        OSError: as `count`.
    """
    answer = await _ask(site, move.source, Give(move.target, move.count))
    if not isinstance(answer, Gave):
        raise ConnectionError(f"{move.source} answered {type(answer).__name__}")
    return answer


async def _ask(site: Site, key: str, question: Message) -> Message:
    async with asyncio.timeout(_PATIENCE):
        reader, writer = await asyncio.open_unix_connection(site.hand_over_socket(key))
        try:
            writer.write(encode(question))
            messages = Reader()
            while data := await reader.read(_READ):
                for message in messages.feed(data):
                    return message
        except MessageError as error:
            raise ConnectionError(f"{key}: {error}") from error
        finally:
            writer.close()
    raise ConnectionError(f"{key} does not answer")
