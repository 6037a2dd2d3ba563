"""What runs before the handlers of a namespace."""

import asyncio

from chorus.realtime import BackplaneUnavailable, ConnectRefused, EventRefused, Server
from parts.wire import FakeSession
from waiting import eventually


async def says(session, *messages, expecting):
    """Say something and hear so many messages."""
    session.say(*messages)
    heard = []
    await eventually(lambda: heard.extend(session.heard()) or len(heard) >= expecting, what=f"{heard}")
    return heard


async def test_middlewares_for_connections_run_in_order_before_the_handler():
    """Row 4: plain and async ones."""
    server, order = Server(), []
    chat = server.namespace("/")
    chat.use(lambda client, auth: order.append(("first", auth)))

    @chat.use
    async def second(client, auth):
        await asyncio.sleep(0)
        order.append("second")

    chat.on_connect(lambda client, auth: order.append("handler"))
    session = FakeSession(server)

    (answer,) = await says(session, '40{"a":1}', expecting=1)

    assert answer.startswith("40{")
    assert order == [("first", {"a": 1}), "second", "handler"]


async def test_a_middleware_refuses_a_connection_with_data():
    """Row 2: as CONNECT_ERROR; nothing after it runs."""
    server, order = Server(), []
    chat = server.namespace("/")

    @chat.use
    async def refuse(client, auth):
        raise ConnectRefused("No", data={"code": 7})

    chat.use(lambda client, auth: order.append("second"))
    chat.on_connect(lambda client, auth: order.append("handler"))
    session = FakeSession(server)

    assert await says(session, "40", expecting=1) == ['44{"message":"No","data":{"code":7}}']
    assert order == []


async def test_middlewares_for_events_see_them_in_order_and_may_change_arguments():
    """Row 4: ordered dispatch holds, also when a middleware waits."""
    server, seen = Server(), []
    chat = server.namespace("/")

    @chat.use_events
    async def wait(client, event, arguments):
        await asyncio.sleep(0.01 if arguments[0] == 1 else 0)
        seen.append((event, *arguments))

    chat.use_events(lambda client, event, arguments: arguments.append("more"))

    @chat.on("plain")
    def plain(client, number, more):
        return number, more

    @chat.on("waiting")
    async def waiting(client, number, more):
        await asyncio.sleep(0)
        return number, more

    session = FakeSession(server)
    await says(session, "40", expecting=1)

    heard = await says(session, '421["waiting",1]', '422["plain",2]', expecting=2)

    assert heard == ['431[1,"more"]', '432[2,"more"]']
    assert seen == [("waiting", 1), ("plain", 2)]


async def test_a_middleware_refuses_an_event_and_the_next_one_is_handled():
    """Row 4: as the answer when one is awaited, else as an error event."""
    server, handled = Server(), []
    chat = server.namespace("/")

    @chat.use_events
    def guard(client, event, arguments):
        if event == "secret":
            raise EventRefused("Not for you", data={"hint": 1})

    chat.on("secret")(lambda client: handled.append("secret"))
    chat.on("open")(lambda client: True)
    session = FakeSession(server)
    await says(session, "40", expecting=1)

    heard = await says(session, '421["secret"]', '42["secret"]', '423["open"]', expecting=3)

    error = '"code":"refused","detail":"Not for you","retryable":false,"data":{"hint":1}}'
    assert heard == [f'431[{{"ok":false,"error":{{{error}}}]', f'42["error",{{"event":"secret",{error}]', "433[true]"]
    assert handled == []


async def test_a_handler_refuses_as_a_middleware_does_in_words_of_its_own(caplog):
    """Row 4: a plain one and one that waits; it is no failure."""
    server = Server()
    chat = server.namespace("/")

    @chat.on("plain")
    def plain(client):
        raise EventRefused("Not here", code="not_found", data=[1])

    @chat.on("waiting")
    async def waiting(client):
        await asyncio.sleep(0)
        raise EventRefused("Not so fast", code="rate_limited", retryable=True, retry_after=1.5)

    session = FakeSession(server)
    await says(session, "40", expecting=1)

    heard = await says(session, '421["plain"]', '42["plain"]', '422["waiting"]', '42["waiting"]', expecting=4)

    here = '"code":"not_found","detail":"Not here","retryable":false,"data":[1]}'
    fast = '"code":"rate_limited","detail":"Not so fast","retryable":true,"retry_after":1.5}'
    assert heard == [
        f'431[{{"ok":false,"error":{{{here}}}]',
        f'42["error",{{"event":"plain",{here}]',
        f'432[{{"ok":false,"error":{{{fast}}}]',
        f'42["error",{{"event":"waiting",{fast}]',
    ]
    assert caplog.text == ""


async def test_a_middleware_that_refuses_with_what_cannot_be_said_does_not_keep_the_client_from_the_rest(caplog):
    server = Server()
    chat = server.namespace("/")

    @chat.use_events
    def guard(client, event, arguments):
        if event == "secret":
            raise EventRefused("Not for you", data=object())

    chat.on("open")(lambda client: True)
    session = FakeSession(server)
    await says(session, "40", expecting=1)

    heard = await says(session, '42["secret"]', '423["open"]', expecting=2)

    assert heard == [
        '42["error",{"event":"secret","code":"internal","detail":"the server failed to handle this","retryable":true}]',
        "433[true]",
    ]
    assert "the handler of 'secret' failed" in caplog.text


async def test_a_handler_whose_redis_is_away_says_so_in_one_line_and_to_its_client(caplog):
    server = Server()
    chat = server.namespace("/")

    @chat.on("post")
    async def post(client, text):
        raise BackplaneUnavailable("Redis at 10.0.0.7:6379 cannot be reached: refused (see REDIS_HOST)")

    session = FakeSession(server)
    await says(session, "40", expecting=1)

    heard = await says(session, '427["post","hello"]', expecting=1)

    told = '{"code":"unavailable","detail":"not available at the moment","retryable":true}'
    assert heard == [f'437[{{"ok":false,"error":{told}}}]']
    (line,) = [each for each in caplog.records if "handler of 'post'" in each.getMessage()]
    assert "10.0.0.7" in line.getMessage()
    assert line.exc_info is None


async def test_a_middleware_that_fails_is_logged_and_answered(caplog):
    """Row 4: its event is not handled; what failed is not the client's business."""
    server = Server()
    chat = server.namespace("/")

    @chat.use_events
    async def fail(client, event, arguments):
        raise KeyError("secret")

    chat.on("say")(lambda client: True)
    session = FakeSession(server)
    await says(session, "40", expecting=1)

    (answer,) = await says(session, '421["say"]', expecting=1)

    assert '"code":"internal"' in answer
    assert "secret" not in answer
    assert "KeyError: 'secret'" in caplog.text
