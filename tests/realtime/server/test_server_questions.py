"""What clients are asked: answers, and what becomes of those who wait for them."""

import asyncio

import pytest

from chorus.realtime import CallTimedOut, ClientGone, EngineOptions, Server, TooManyCalls
from parts.sessions import answers, connected
from waiting import eventually


@pytest.mark.parametrize(("answer", "value"), [('["ann"]', '["ann"]'), ("[]", "[]"), ('["ann",7]', '[["ann",7]]')])
async def test_a_call_waits_for_the_clients_answer(answer, value):
    """While the events of that client wait for the handler. An answer of one value is that, and one of none is none."""
    server = Server()
    chat = server.namespace("/")

    @chat.on("ask")
    async def ask(client):
        return await client.call("who?", 1, timeout=5.0)

    session, _ = await connected(server)
    session.say('429["ask"]')
    assert await answers(session) == ['420["who?",1]']

    session.say(f"430{answer}")
    assert await answers(session) == [f"439{value}"]


async def test_a_call_ends_when_the_client_takes_too_long_or_goes():
    """Each with its own error, and nothing is left behind."""
    server, errors = Server(options=EngineOptions(max_calls=1)), []
    chat = server.namespace("/")

    @chat.on("ask")
    async def ask(client, timeout):
        try:
            await client.call("who?", timeout=timeout)
        except (CallTimedOut, ClientGone) as error:
            errors.append(type(error))

    session, _ = await connected(server)
    session.say('42["ask",0.01]')
    await eventually(lambda: errors == [CallTimedOut])
    session.say('42["ask",60]')
    await answers(session, 2)
    session.connection.lost("transport close")

    await eventually(lambda: errors == [CallTimedOut, ClientGone])


async def test_a_handler_that_awaits_an_answer_gets_it_through_a_full_queue():
    """Row 4: the answer lies behind more events than may wait otherwise."""
    server = Server(options=EngineOptions(max_queued_events=4))
    chat = server.namespace("/")
    chat.on("say")(lambda client, number: None)

    @chat.on("ask")
    async def ask(client):
        return await client.call("who?", timeout=5.0)

    session, _ = await connected(server)
    session.say('429["ask"]')
    assert await answers(session) == ['420["who?"]']
    session.say(*(f'42["say",{number}]' for number in range(10)))
    assert session.wire.reading

    session.say('430["ann"]')
    assert await answers(session) == ['439["ann"]']


async def test_a_question_asked_while_the_queue_is_full_reads_on():
    """Row 4: and when it is answered, the limit is what it was."""
    server, gate = Server(options=EngineOptions(max_queued_events=4)), asyncio.Event()
    chat = server.namespace("/")
    chat.on("say")(lambda client, number: None)

    @chat.on("ask")
    async def ask(client):
        await gate.wait()
        answer = await client.call("who?", timeout=5.0)
        gate.clear()
        await gate.wait()
        return answer

    session, _ = await connected(server)
    session.say('429["ask"]', *(f'42["say",{number}]' for number in range(6)))
    assert not session.wire.reading

    gate.set()
    await eventually(lambda: session.wire.reading)
    assert await answers(session) == ['420["who?"]']
    session.say('430["ann"]')
    await eventually(lambda: not session.wire.reading)
    gate.set()
    await eventually(lambda: session.wire.reading)


async def test_so_many_answers_of_one_client_are_awaited_and_no_more():
    """Row 4: and whoever is gone is not asked at all."""
    server = Server(options=EngineOptions(max_calls=2))
    chat = server.namespace("/")
    session, _ = await connected(server)
    [client] = chat.clients()
    asking = [asyncio.ensure_future(client.call("who?", timeout=60.0)) for _ in range(2)]
    await answers(session, 2)

    with pytest.raises(TooManyCalls):
        await client.call("who?")
    session.connection.lost("transport close")

    assert [type(error) for error in await asyncio.gather(*asking, return_exceptions=True)] == [ClientGone] * 2
    async with asyncio.timeout(10):
        with pytest.raises(ClientGone, match="'who\\?': the client is gone"):
            await client.call("who?", timeout=60.0)
