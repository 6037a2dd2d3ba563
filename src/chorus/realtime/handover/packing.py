"""A live session, taken apart and put together: what `state` writes down, from a Connection and back to one.

state = pack(connection, wire.pack(), now=now)      # there, after `hold`; NotMovable: it stays
connection.depart(forward)
connection = unpack(server, state, answered)        # here; it waits for its wire
connection.arrive(wire, state.unsent)
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from chorus.realtime.engineio.session import Session, State
from chorus.realtime.errors import StateRefused
from chorus.realtime.handover.state import ClientState, SessionState, WireState
from chorus.realtime.server.client import Client
from chorus.realtime.server.connection import Connection
from chorus.realtime.server.contract import Home, Owner
from chorus.realtime.server.names import EVERYBODY
from chorus.realtime.server.questions import Questions
from chorus.realtime.transport.request import Request

Answered = Callable[[str, int, list[Any] | None], None]
"""Is told a namespace, the number of a question of the other process, and the answer, or None: there will be none."""


def pack(
    connection: Connection,
    wire: WireState,
    *,
    now: float,
    unsent: bytes = b"",
    unheard: tuple[str | bytes, ...] = (),
) -> SessionState:
    """What another process needs to go on with it, after `hold`. Nothing is written any more that counts.

    Args:
        connection: the session.
        wire: where its WebSocket stands.
        now: monotonic seconds.
        unsent: frames that were written before those that were kept.
        unheard: messages that it has not taken.

    Raises:
        NotMovable: one of its clients cannot be given away.
    """
    # Those that may object come first, of all its clients: a part that has let one go cannot take it back.
    states = [client.home.declared.luggage.pack_state(client) for client in connection.clients]
    clients = tuple(map(_pack_client, connection.clients, states))
    return SessionState(
        sid=connection.sid,
        method=connection.request.method,
        target=connection.request.target,
        fields=connection.request.fields,
        remote=connection.request.remote,
        age=now - connection.opened_at,
        engine=connection.engine.state.name,
        pinged_ago=now - connection.engine.pinged_at,
        wire=wire,
        unfinished=connection.decoder.unfinished,
        clients=clients,
        unsent=unsent + connection.taken(),
        unheard=unheard,
    )


def unpack(server: Owner[Connection, Client], state: SessionState, answered: Answered) -> Connection:
    """The session that another process packed; what it is sent waits until `arrive` gives it its wire.

    Raises:
        StateRefused: it is in a namespace that is not here.
    """
    now = server.now()
    connection = Connection(server, Request(state.method, state.target, state.fields, state.remote))
    connection.sid = state.sid
    connection.opened_at = now - state.age
    connection.engine = Session.restored(
        state.sid, server.options, state=State[state.engine], pinged_at=now - state.pinged_ago
    )
    connection.hold()
    if state.unfinished is not None:
        connection.decoder.resume(state.unfinished)
    try:
        for each in state.clients:
            home = server.find_namespace(each.namespace)
            if home is None:
                raise StateRefused(f"session state: namespace {each.namespace!r} is not here")
            connection.adopt(_unpack_client(each, connection, home, answered))
    except BaseException:  # whatever it was, it is for whoever called; half a session stays in no room
        connection.depart(_drop)
        raise
    return connection


def _pack_client(client: Client, state: dict[str, Any]) -> ClientState:
    carried = state | client.home.declared.luggage.pack_rest(client)  # first: that takes it out of some of its rooms
    questions = client.questions
    return ClientState(
        namespace=client.namespace,
        sid=client.sid,
        rooms=tuple(sorted(client.rooms)),
        next_call=questions.next if questions is not None else 0,
        open_calls=questions.numbers if questions is not None else (),
        heard=client.home.hub.heard_by(client),
        carried=carried,
    )


def _unpack_client(state: ClientState, connection: Connection, home: Home[Client], answered: Answered) -> Client:
    """The client in its rooms. What it is sent is the connection's to keep."""
    client = Client(state.sid, connection, home)
    client.was_let_in()
    if state.next_call:
        client.questions = Questions.of_another_process(
            state.open_calls,
            state.next_call,
            partial(answered, state.namespace),
            limit=connection.options.max_calls,
        )
    home.hub.enter(client)
    for room in (EVERYBODY, *state.rooms):
        home.hub.join(client, room)
    home.hub.catch_up(client, state.heard)
    try:
        home.declared.luggage.unpack(client, state.carried)
    except BaseException:  # as above: the application's own code
        client.depart(_drop)
        raise
    return client


def _drop(_data: bytes) -> None:
    """What is written to a session that did not get here."""
