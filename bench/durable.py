"""What the scenarios with stored messages have in common: people in rooms, the load `sends.c`, and who is compared.

The chat does here what it does for people: it knows each of them by their token, looks whether they are in the channel,
stores and numbers the message, renders it, acknowledges, and delivers to everybody in it, in order and once. Node's
server stores the message with one INSERT and emits it, as the stack does that this project replaces.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.aims import CHORUS, NODE_PG
from bench.contenders import NODE, SERVERS, Contender, install_node_packages, running
from bench.load.generator import LOADS, build, measure
from bench.postgres import postgres
from bench.scenario import Comparison, Request
from bench.turns import Round, Unit, compare, take_turns, throughput
from bench.valkey import valkey
from chorus.chaos.messages import Person
from chorus.chaos.people import settle_people
from chorus.chaos.schedule import Options

UNIT = Unit("deliveries / CPU s")


class SendsLoad(NamedTuple):
    """The shape of the load."""

    sockets: int
    rooms: int
    under_way: int
    """Messages always under way in each room."""
    bytes: int = 100
    """Characters of text in each message."""
    instances: int = 2
    seconds: float = 5.0


class Chat:
    """A database with people in it, and how instances of the chat on it are started."""

    def __init__(self, url: str, folder: Path, *, people: int, channels: int, memberships: int = 1) -> None:
        self.secret = secrets.token_hex(32)
        self.home = folder / "home"
        self.home.mkdir(exist_ok=True)
        options = Options(clients=people, channels=channels, memberships=memberships)
        settled = asyncio.run(settle_people(url, self.secret, options))
        self.people = sorted(settled, key=lambda person: (person.channels, person.client))
        self.url = url

    def contender(self, name: str = CHORUS) -> Contender:
        """An instance; it gets its port, and perhaps that of Redis."""
        program = str(SERVERS / "chorus_chat.py")
        return Contender(name, (sys.executable, program, self.url, str(self.home), self.secret), health="/health/live")


def node_with(url: str) -> Contender:
    """Node's server on this database; it gets its port and that of Redis."""
    return Contender(NODE_PG, (str(NODE), str(SERVERS / "node" / "durable.js"), url))


def scripts_of(chat: Chat, folder: Path) -> dict[str, Path]:
    """The people as clients of ours and of Node's, by contender."""
    return {
        CHORUS: write_script(folder / "chorus.txt", [of_chorus(person) for person in chat.people]),
        NODE_PG: write_script(folder / "node.txt", [of_node(person) for person in chat.people]),
    }


def compare_sends(request: Request, title: str, load: SendsLoad) -> Comparison:
    """Deliveries per second of processor time, of ours and of Node's, on one PostgreSQL and one Redis.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    install_node_packages()
    program = build(LOADS / "sends.c", request.folder)
    seconds = request.seconds or load.seconds
    with postgres(request.folder) as url, valkey() as redis:
        chat = Chat(url, request.folder, people=load.sockets, channels=load.rooms)
        scripts = scripts_of(chat, request.folder)

        def one_round(contender: Contender) -> Round:
            shape = (load.sockets, load.rooms, load.under_way, seconds, load.bytes)
            with ExitStack() as stack:
                servers = [stack.enter_context(running(contender, redis_port=redis)) for _ in range(load.instances)]
                measured = measure(program, servers, scripts[contender.name], *shape)
            return throughput(measured, "deliveries")

        return compare(title, take_turns(request, (chat.contender(), node_with(url)), UNIT, one_round), UNIT)


def of_chorus(person: Person) -> Sequence[str]:
    """How a person of the chat connects, joins (it need not) and sends."""
    (channel,) = person.channels
    return (f"40{_json({'token': person.token})}", "", f'421["message.send",{{"channel":{channel},"client_id":"')


def of_node(person: Person) -> Sequence[str]:
    """The same of Node's server."""
    (channel,) = person.channels
    return ("40", f'420["join","room{channel}"]', '421["msg",{"client_id":"')


def write_script(path: Path, lines: Sequence[Sequence[str]]) -> Path:
    """What the loads read."""
    path.write_text("".join("\t".join(line) + os.linesep for line in lines))
    return path


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
