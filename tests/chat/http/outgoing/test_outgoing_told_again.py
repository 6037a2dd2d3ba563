"""Row 16: what a program does not take is told again, later and later, and given up in the end."""

import pytest

from chorus.chat.actions import delivering
from chorus.chat.domain.outgoing import WAITS
from parts.hooks import called, hook, make_hook, nothing_waits, say, stand, trouble
from parts.programs import respond
from waiting import eventually


async def test_what_is_not_taken_is_told_again_later_with_the_same_id(ada, program, deliverer, chat):
    """Row 16: tried again with back-off."""
    clock = stand(chat)
    await make_hook(ada, program)
    program.answer = respond(b"", "500 Oh")
    await say(ada, "Hello")
    await eventually(lambda: failed(ada), what="the trouble")
    assert len(program.calls) == 1

    clock.now += 1.2 * WAITS[0] + 1
    program.answer = respond(b"ok")
    chat.spoken.set()
    await called(program, 2)
    await eventually(lambda: well(ada), what="no trouble")

    (first, _), (second, _) = program.calls
    assert first["webhook-id"] == second["webhook-id"]


async def test_what_is_never_taken_is_given_up_after_the_last_wait(ada, program, deliverer, chat):
    """Row 16: bounded."""
    clock = stand(chat)
    await make_hook(ada, program)
    program.answer = respond(b"", "500 Oh")
    await say(ada, "Hello")
    await eventually(lambda: failed_now(chat), what="the first attempt to fail")
    for wait in WAITS:
        clock.now += 1.2 * wait + 1
        chat.spoken.set()
        await eventually(lambda: failed_now(chat), what="an attempt to fail")

    [listed] = await chat.store.integrations.outgoing()
    assert (len(program.calls), listed.dropped) == (1 + len(WAITS), 1)
    assert await nothing_waits(chat)


@pytest.mark.parametrize("status", ["302 Found", "404 Not Found", "410 Gone"])
async def test_what_is_answered_with_no_success_is_not_taken(ada, program, deliverer, chat, status):
    """Row 16."""
    await make_hook(ada, program)
    program.answer = respond(b"", status)
    await say(ada, "Hello")

    await eventually(lambda: trouble(ada, f"answered {status[:3]}"), what="the trouble")
    assert not await nothing_waits(chat)


async def test_an_answer_in_another_protocol_is_told_again_later(ada, program, deliverer):
    await make_hook(ada, program)
    program.answer = b"HTTP/1.1 101 Over\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    await say(ada, "Hello")

    await eventually(lambda: trouble(ada, "answered 101"), what="the trouble")


async def test_a_fault_of_ours_is_put_off_too_and_so_ends(ada, program, deliverer, chat, monkeypatch, caplog):
    """Row 16: bounded."""

    async def break_down(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(chat.caller, "post", break_down)
    await make_hook(ada, program)
    await say(ada, "Hello")

    await eventually(lambda: trouble(ada, "a fault of the chat itself"), what="the trouble")
    assert await chat.store.integrations.next_due(at=chat.now()) < chat.now() + delivering.LEASE
    assert "ZeroDivisionError" in caplog.text


async def test_a_program_that_does_not_answer_in_time_is_told_again_later(ada, program, deliverer, chat, monkeypatch):
    """Row 16."""
    monkeypatch.setattr(delivering, "PATIENCE", 0.2)
    program.silent = True
    await make_hook(ada, program)
    await say(ada, "Hello")

    await eventually(lambda: trouble(ada, "no answer within 0.2 s"), what="the trouble")


async def test_what_may_not_be_called_is_told_to_those_who_run_it(ada, program, deliverer, chat):
    """Row 16: no surprise on this side of the firewall."""
    await make_hook(ada, program, url="http://169.254.169.254/latest/meta-data")
    await say(ada, "Hello")
    await eventually(lambda: refused(ada), what="the trouble")

    assert program.calls == []


async def failed_now(chat):
    [listed] = await chat.store.integrations.outgoing()
    return listed.failed_at == chat.now()


async def failed(client):
    return (await hook(client))["trouble"] == "answered 500"


async def well(client):
    return (await hook(client))["trouble"] == ""


async def refused(client):
    return "169.254.169.254 may not be called" in (await hook(client))["trouble"]
