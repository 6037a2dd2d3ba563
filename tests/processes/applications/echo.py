"""An ASGI application for the tests of the manager: answers who it is; its failures are chosen by the environment.

FAIL=import | startup | hang | health; a file named by FAIL_FILE holds one of the words, read at the start. A hang ends
when its file is gone.
"""

import asyncio
import json
import os


def _failure() -> str:
    path = os.environ.get("FAIL_FILE")
    if path and os.path.exists(path):
        with open(path) as file:
            return file.read().strip()
    return os.environ.get("FAIL", "")


FAILURE = _failure()
if FAILURE == "import":
    print("the build is broken: no such table", flush=True)
    raise SystemExit(3)


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    status = 503 if FAILURE == "health" and scope["path"].startswith("/health") else 200
    answer = {
        "pid": os.getpid(),
        "number": os.environ["CHORUS_INSTANCE_ID"],
        "release": os.environ.get("RELEASE", ""),
        "cwd": os.getcwd(),
        "checks": {"database": {"status": "unavailable" if status == 503 else "ok", "detail": "away"}},
    }
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def _lifespan(receive, send):
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            while FAILURE == "hang" and _failure() == "hang":
                await asyncio.sleep(0.02)
            if FAILURE == "startup":
                await send({"type": "lifespan.startup.failed", "message": "the database is away"})
                return
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
