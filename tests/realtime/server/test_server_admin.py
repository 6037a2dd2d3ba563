"""What operators are told: by whichever instance they ask, and only when they show the token."""

import httpx
import msgspec
import pytest

from chorus.realtime import MemoryBackplane, Server
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.testing import FakeClient
from waiting import eventually

TOKEN = "a token of some length"


@pytest.fixture
async def servers():
    """Two that know of each other; ann and bob are in the lobby of one, cid in that of the other."""
    bus = Bus()
    servers = [Server(instance=str(number), backplane=MemoryBackplane(bus)) for number in range(2)]
    for server in servers:
        server.namespace("/").on("join")(lambda client, *rooms: [client.join(room) for room in rooms] and None)
        server.namespaces(r"/document/\d+")
        await server.start()
    await eventually(lambda: all(server._peers.names() for server in servers))
    yield servers
    for server in servers:
        await server.close()


@pytest.fixture
async def people(servers):
    people = [await FakeClient.connect(servers[number]) for number in (0, 0, 1)]
    for person in people:
        await person.call("join", "lobby")
    await people[0].call("join", "kitchen")
    await FakeClient.connect(servers[1], "/document/7")
    return people


@pytest.fixture
async def operator(servers):
    transport = httpx.ASGITransport(servers[0].admin(TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://admin.test", headers=headers) as operator:
        yield operator


async def test_instances_are_listed_with_their_namespaces(operator, people):
    """Sessions, clients and rooms of each."""
    answer = (await operator.get("/admin/instances")).json()

    assert answer == {
        "instances": [
            {"instance": "0", "sessions": 2, "namespaces": {"/": {"clients": 2, "rooms": 2}}},
            {
                "instance": "1",
                "sessions": 2,
                "namespaces": {"/": {"clients": 1, "rooms": 1}, "/document/7": {"clients": 1, "rooms": 0}},
            },
        ],
        "silent": [],
    }


async def test_rooms_are_listed_with_their_clients_the_largest_first(operator, people):
    """Over all instances, up to a limit; whether there are more is said."""
    every = (await operator.get("/rooms")).json()
    one = (await operator.get("/rooms", params={"limit": 1})).json()
    other = (await operator.get("/rooms", params={"namespace": "/document/7"})).json()

    assert every == {"rooms": {"lobby": 3, "kitchen": 1}, "more": False, "silent": []}
    assert one == {"rooms": {"lobby": 3}, "more": True, "silent": []}
    assert other == {"rooms": {}, "more": False, "silent": []}


async def test_sockets_are_listed_with_their_rooms(operator, people):
    """Of a namespace or of a room, up to a limit."""
    every = (await operator.get("/sockets")).json()
    kitchen = (await operator.get("/sockets", params={"room": "kitchen"})).json()
    two = (await operator.get("/sockets", params={"limit": 2})).json()

    assert sorted((each["sid"], each["instance"]) for each in every["sockets"]) == sorted(
        (person.sid, instance) for person, instance in zip(people, "001", strict=True)
    )
    (cook,) = kitchen["sockets"]
    assert (cook["sid"], sorted(cook["rooms"])) == (people[0].sid, ["kitchen", "lobby"])
    assert (len(two["sockets"]), two["more"], every["more"]) == (2, True, False)


@pytest.mark.parametrize("asked", ["instances", "rooms", "sockets"])
async def test_an_instance_that_does_not_answer_is_named(operator, people, servers, monkeypatch, asked):
    monkeypatch.setattr("chorus.realtime.backplane.requests._TAKEN_WITHIN", 0.1)
    servers[1]._census.close()

    answer = (await operator.get(f"/{asked}")).json()

    assert answer["silent"] == ["1"]
    assert len(answer[asked]) == {"instances": 1, "rooms": 2, "sockets": 2}[asked]


@pytest.mark.parametrize("asked", ["rooms", "sockets"])
async def test_no_more_travels_from_another_instance_than_was_asked_for_and_one(operator, servers, monkeypatch, asked):
    """However many there are; that one says that there are more."""
    for number in range(5):
        await (await FakeClient.connect(servers[1])).call("join", f"room {number}")
    answers, ask = [], servers[0].backplane.ask

    async def heard(*words, **more):
        answers.append(msgspec.msgpack.decode(await ask(*words, **more)))
        return msgspec.msgpack.encode(answers[-1])

    monkeypatch.setattr(servers[0].backplane, "ask", heard)

    answer = (await operator.get(f"/{asked}", params={"limit": 2})).json()

    assert (len(answer[asked]), answer["more"]) == (2, True)
    assert [len(each) for each in answers] == [3]


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer a token of some lengt", f"Basic {TOKEN}", f"Bearer {TOKEN}é"])
async def test_without_the_token_nothing_is_told(operator, shown):
    """Not even whether the path is right."""
    answer = await operator.get("/nonsense", headers={"Authorization": shown.encode()})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/nonsense", 404),
        ("POST", "/rooms", 405),
        ("GET", "/rooms?limit=0", 400),
        ("GET", "/rooms?limit=1001", 400),
        ("GET", "/rooms?limit=-1", 400),
        ("GET", "/rooms?limit=²", 400),
    ],
)
async def test_a_wrong_question_is_answered_so(operator, method, target, status):
    """With what was found and what was expected."""
    answer = await operator.request(method, target)

    assert answer.status_code == status
    assert "expected" in answer.json()["error"]


def test_a_short_token_is_said_at_once():
    """Nobody should be able to try them all."""
    with pytest.raises(ValueError, match="16"):
        Server().admin("secret")
