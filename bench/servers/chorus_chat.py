"""One instance of the whole chat, as a worker serves it.

usage: chorus_chat.py DATABASE_URL HOME SECRET PORT [REDIS_PORT]
"""

import sys

import uvicorn

from chorus.entry.server import ChorusServer


def make_application(url: str, home: str, secret: str, port: str, redis_port: str | None = None) -> ChorusServer:
    """An instance named by its port; without a Redis it is alone."""
    redis = (
        {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": redis_port} if redis_port else {"SOCKET_IO_REDIS_ADAPTER": "false"}
    )
    return ChorusServer(
        {
            "CHORUS_HOME": home,
            "CHORUS_INSTANCE_ID": str(int(port) % 1000),
            "CHORUS_RATE_LIMIT": "0",
            "DATABASE_URL": url,
            "JWT_SECRET": secret,
            **redis,
        }
    )


if __name__ == "__main__":
    made = make_application(*sys.argv[1:])
    uvicorn.run(
        made,
        port=int(sys.argv[4]),
        log_level="warning",
        loop="uvloop",
        lifespan="on",
        ws=made.websocket_protocol,  # pyright: ignore[reportArgumentType] - called with the arguments a class would be
    )
