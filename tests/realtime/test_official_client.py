"""The official JavaScript client, unmodified, against examples/echo.py in a process of its own."""

from collections.abc import Iterator

import pytest

from parts.example import Example
from parts.node import Scenario
from parts.round_robin import RoundRobin

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def echo() -> Iterator[Example]:
    """One for all who leave it running."""
    server = Example()
    yield server
    server.kill()


@pytest.fixture
def mortal() -> Iterator[Example]:
    server = Example()
    yield server
    server.kill()


def run(name: str, *servers: Example) -> list:
    with Scenario(name, *(server.url for server in servers)) as scenario:
        return scenario.finish()


def test_it_connects_emits_and_is_answered(echo):
    """Events and acknowledgements."""
    connected, event, answer = run("echo", echo)

    assert connected["id"].startswith("0.")
    assert event == ["é", {"n": [1, None, True]}]
    assert answer == "answer me"


def test_it_sends_and_gets_binary(echo):
    """Within other values, in events and in answers."""
    assert run("binary", echo) == [{"first": [1, 2, 3], "size": 100_000, "last": 7}, [9]]


def test_it_is_refused_with_a_reason_and_let_in_with_the_word(echo):
    """And told which namespaces there are not."""
    assert run("refusals", echo) == [
        {"message": "Say the word", "data": {"hint": "p…"}, "connected": False},
        {"connected": True},
        {"message": "Invalid namespace"},
    ]


def test_its_mistakes_are_answered(echo):
    """A missing argument and an event nobody handles."""
    missing, unknown = run("mistakes", echo)

    assert missing["error"] == {"code": "invalid", "detail": "found 0 arguments, expected 1", "retryable": False}
    assert unknown["error"]["code"] == "unknown_event"


def test_it_hears_its_room_but_not_itself(echo):
    """`except_` by sid."""
    assert run("rooms", echo) == [{"heard": 1}, {"own": 0}]


def test_two_instances_joined_by_redis_are_one_to_it(valkey):
    """A room has members on both."""
    servers = [Example(REDIS_URL=valkey.url, INSTANCE=str(number)) for number in range(2)]
    try:
        assert run("rooms", *servers) == [{"heard": 2}, {"own": 0}]
    finally:
        for server in servers:
            server.kill()


def test_it_comes_back_after_the_server_was_killed(mortal):
    """By itself, with a new sid."""
    with Scenario("comeBack", mortal.url) as scenario:
        facts = iter(scenario)
        first = next(facts)
        mortal.kill()
        assert next(facts) == {"disconnected": "transport close"}
        mortal.start()
        second, answer = next(facts), next(facts)

    assert first["connected"] != second["connected"]
    assert answer == "again"


def test_it_comes_back_after_the_server_ended_in_order(mortal):
    """SIGTERM closes its socket with 1012, waits for nobody, and exits as told."""
    with Scenario("comeBack", mortal.url) as scenario:
        facts = iter(scenario)
        next(facts)
        mortal.stop()
        assert next(facts) == {"disconnected": "transport close"}
        mortal.start()

        assert "connected" in next(facts)
        assert next(facts) == "again"


def test_it_upgrades_while_events_fly_and_none_is_lost_or_overtaken(echo):
    """Row 2 and 3: packets in flight during an upgrade, in both directions, with the default transports."""
    assert run("upgrade", echo) == [{"before": "polling", "after": "websocket", "inOrder": True, "missing": 0}]


def test_it_may_only_poll(echo):
    """Row 3: binary and text beyond ASCII."""
    assert run("pollingOnly", echo) == [{"text": "é\u2028", "size": 100_000, "last": 7, "by": "polling"}]


def test_a_hundred_of_a_hundred_connect_behind_round_robin_and_end_on_websocket(valkey):
    """Row 7: two instances, default transports, no stickiness, at the first try; half of the WebSockets reach the other
    instance than the session's, which then moves there. All are answered before and after."""
    servers = [Example(REDIS_URL=valkey.url, INSTANCE=str(number)) for number in range(2)]
    try:
        with RoundRobin([server.port for server in servers]) as balancer, Scenario("crowd", balancer.url) as scenario:
            (fact,) = scenario.finish()
    finally:
        for server in servers:
            server.kill()

    assert fact == {
        "connected": 100,
        "errors": [],
        "instances": ["0", "1"],
        "right": 300,
        "onWebSocket": 100,
        "rightAfter": 100,
        "stillConnected": 100,
    }


def test_nothing_is_lost_or_overtaken_when_the_upgrade_reaches_another_instance(valkey):
    """Row 7: packets in flight in both directions, binary among them, while the session moves."""
    servers = [Example(REDIS_URL=valkey.url, INSTANCE=str(number)) for number in range(2)]
    try:
        with RoundRobin([server.port for server in servers]) as balancer:
            results = [run("upgrade", balancer)[0] for _ in range(2)]
    finally:
        for server in servers:
            server.kill()

    assert results == [{"before": "polling", "after": "websocket", "inOrder": True, "missing": 0}] * 2


@pytest.mark.parametrize("on", ["uvicorn", "hypercorn", "granian"])
def test_it_is_served_by_a_plain_asgi_application_on_any_server(on):
    """Row 5: without picows; WebSockets come through ASGI."""
    with Example(on=on) as server:
        assert run("echo", server)[1:] == [["é", {"n": [1, None, True]}], "answer me"]
        assert run("binary", server) == [{"first": [1, 2, 3], "size": 100_000, "last": 7}, [9]]
        (upgraded,) = run("upgrade", server)

    assert upgraded == {"before": "polling", "after": "websocket", "inOrder": True, "missing": 0}
