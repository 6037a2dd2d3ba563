"""The lifespan protocol with applications that know it, do not, and fail."""

import pytest
import uvicorn

from chorus.cluster.worker.lifespan import Lifespan


async def started(application):
    config = uvicorn.Config(application, log_config=None, interface="asgi3")
    config.load()
    lifespan = Lifespan(config)
    await lifespan.startup()
    return lifespan


async def test_an_application_starts_keeps_state_and_ends():
    heard = []

    async def application(scope, receive, send):
        scope["state"]["pool"] = 3
        while True:
            message = await receive()
            heard.append(message["type"])
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return

    lifespan = await started(application)
    await lifespan.shutdown()

    assert (lifespan.should_exit, lifespan.state) == (False, {"pool": 3})
    assert heard == ["lifespan.startup", "lifespan.shutdown"]


async def test_an_application_that_does_not_know_the_protocol_is_served():
    async def application(scope, receive, send):
        assert scope["type"] == "http"

    lifespan = await started(application)
    await lifespan.shutdown()

    assert not lifespan.should_exit


async def test_an_application_that_raises_while_it_starts_is_not_served():
    async def application(scope, receive, send):
        await receive()
        raise ConnectionError("database away\nat all")

    lifespan = await started(application)

    assert lifespan.should_exit
    assert lifespan.reason == "ConnectionError: database away at all"
    assert "Traceback" in lifespan.details


async def test_a_failed_start_has_the_last_line_of_its_message_as_its_reason():
    async def application(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "Traceback ...\n  File\nValueError: no secret\n"})

    lifespan = await started(application)

    assert (lifespan.reason, lifespan.exit_code) == ("ValueError: no secret", 1)


@pytest.mark.parametrize(("named", "code"), [(75, 75), (0, 1), (256, 1), ("75", 1), (None, 1)])
async def test_an_application_that_does_not_start_may_name_its_exit_code(named, code):
    async def application(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "away", "exit_code": named})

    assert (await started(application)).exit_code == code


async def test_an_application_that_ends_badly_is_logged(caplog):
    async def application(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise OSError("disk gone")

    lifespan = await started(application)
    await lifespan.shutdown()

    assert "the application did not end well: OSError: disk gone" in caplog.text
