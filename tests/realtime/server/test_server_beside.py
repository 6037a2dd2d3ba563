"""Row 5: the server beside an application of another framework, on one port."""

import contextlib

import fastapi
import httpx
import litestar
import pytest
from litestar.handlers import asgi

from chorus.realtime import Server
from chorus.realtime.transport.asgi import whole_path
from parts.polling import PLAIN, Poller
from parts.websocket import RawClient, serving

OWN = "/own"


def with_fastapi(events):
    @contextlib.asynccontextmanager
    async def lifespan(_application):
        events.append("application started")
        yield
        events.append("application ended")

    application = fastapi.FastAPI(lifespan=lifespan)

    @application.get("/hello")
    def hello():
        return "hello"

    @application.websocket(OWN)
    async def own(socket: fastapi.WebSocket):
        await socket.accept()
        await socket.send_text("4" + await socket.receive_text())

    return application


def with_litestar(events):
    @litestar.get("/hello")
    async def hello() -> str:
        return "hello"

    @litestar.websocket(OWN)
    async def own(socket: litestar.WebSocket) -> None:
        await socket.accept()
        await socket.send_text("4" + await socket.receive_text())

    return litestar.Litestar(
        [hello, own],
        logging_config=None,  # the framework's own changes what every later test logs
        on_startup=[lambda: events.append("application started")],
        on_shutdown=[lambda: events.append("application ended")],
    )


def without_lifespan(events):
    """As Django's: it raises when it is asked for a lifespan."""

    async def application(scope, receive, send):
        if scope["type"] == "lifespan":
            raise ValueError("no lifespan here")
        await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": "4" + (await receive())["text"]})
            return
        events.extend(["application started", "application ended"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    return application


def echoing(events, **options):
    server = Server(**options)
    server.namespace("/").on("echo")(lambda client, *arguments: arguments)
    start, close = server.start, server.close

    async def started():
        await start()
        events.append("server started")

    async def closed():
        await close()
        events.append("server ended")

    server.start, server.close = started, closed
    return server


@pytest.fixture(params=[with_fastapi, with_litestar, without_lifespan], ids=lambda each: each.__name__)
def framework(request):
    return request.param


@pytest.mark.parametrize("plain", [False, True], ids=["picows", "plain"])
async def test_both_are_served_on_one_port(framework, plain):
    """HTTP of the application, polling and WebSockets of ours, and the application's own WebSockets."""
    events = []
    application = echoing(events).beside(framework(events))
    async with serving(application, plain=plain) as port, Poller(f"http://127.0.0.1:{port}") as poller:
        async with httpx.AsyncClient(verify=PLAIN) as browser:
            hello = await browser.get(f"http://127.0.0.1:{port}/hello")
        await poller.connect()
        client = await RawClient.connect(port)
        client.send('420["echo",1]')
        answer = await client.receive()
        client.close()
        own = (await RawClient.ask(port, OWN)).client
        own.send("hello")
        heard = await own.receive()
        own.close()
        await poller.post("1")

    assert "hello" in hello.text
    assert (answer, heard) == ("430[1]", "4hello")


async def test_the_server_is_there_before_the_application_and_until_after_it(framework):
    """One lifespan within the other."""
    events = []
    async with serving(echoing(events).beside(framework(events))) as port, httpx.AsyncClient(verify=PLAIN) as browser:
        await browser.get(f"http://127.0.0.1:{port}/hello")

    assert events == ["server started", "application started", "application ended", "server ended"]


async def test_the_end_is_said_when_both_have_ended():
    """Row 5: a web server goes when it hears that, whatever is still under way."""
    events = []

    async def application(scope, receive, send):
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    async def receive():
        return {"type": "lifespan.shutdown" if "lifespan.startup.complete" in events else "lifespan.startup"}

    async def send(message):
        events.append(message["type"])

    await echoing(events).beside(application)({"type": "lifespan"}, receive, send)

    assert events == ["server started", "lifespan.startup.complete", "server ended", "lifespan.shutdown.complete"]


async def test_an_application_that_does_not_start_is_no_start_and_the_server_is_closed():
    """Why is said by the application."""
    events = []

    async def broken(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    sent = []

    async def receive():
        return {"type": "lifespan.startup"}

    async def send(message):
        sent.append(message)

    await echoing(events).beside(broken)({"type": "lifespan"}, receive, send)

    assert sent == [{"type": "lifespan.startup.failed", "message": "no database"}]
    assert events == ["server started", "server ended"]


def mounted_in_fastapi():
    server = echoing([])
    application = fastapi.FastAPI(lifespan=lambda _application: running(server))
    application.mount("/socket.io", server.asgi)
    return application


def mounted_in_litestar():
    server = echoing([], path="/")  # Litestar keeps the rest of the path only
    mount = asgi("/socket.io", is_mount=True, copy_scope=True)(server.asgi.__call__)
    return litestar.Litestar([mount], logging_config=None, lifespan=[lambda _application: running(server)])


@contextlib.asynccontextmanager
async def running(server):
    await server.start()
    yield
    await server.close()


@pytest.mark.parametrize("mounted", [mounted_in_fastapi, mounted_in_litestar])
async def test_it_may_be_mounted_by_the_framework_instead(mounted):
    """At the path, as a plain ASGI application; the framework's lifespan then starts and closes it."""
    async with serving(mounted(), plain=True) as port, Poller(f"http://127.0.0.1:{port}") as poller:
        await poller.connect()
        client = await RawClient.connect(port)
        client.send('420["echo",1]')

        assert await client.receive() == "430[1]"
        client.close()
        await poller.post("1")


@pytest.mark.parametrize(
    ("path", "root", "whole"),
    [
        ("/socket.io/", "", "/socket.io/"),
        ("/socket.io/", "/socket.io", "/socket.io/"),  # ASGI: the path is the whole one
        ("/", "/socket.io", "/socket.io/"),  # the mount's is taken away
        ("/socket.io/", "/chat", "/chat/socket.io/"),
    ],
)
def test_the_whole_path_is_known_whichever_part_of_it_a_framework_says(path, root, whole):
    """Row 5."""
    assert whole_path({"path": path, "root_path": root}) == whole
    assert whole_path({"path": whole}) == whole
