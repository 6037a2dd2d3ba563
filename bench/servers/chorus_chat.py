"""One instance of the whole chat, served by a worker as the manager starts it.

usage: chorus_chat.py DATABASE_URL HOME SECRET PORT [REDIS_PORT]
"""

import os
import socket
import sys

from chorus.cluster.worker.__main__ import main
from chorus.cluster.worker.adoption import FIRST


def serve(url: str, home: str, secret: str, port: str, redis_port: str | None = None) -> int:
    """Serve an instance named by its port; without a Redis it is alone."""
    os.dup2(socket.create_server(("127.0.0.1", int(port)), backlog=4096).detach(), FIRST)
    redis = (
        {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": redis_port} if redis_port else {"SOCKET_IO_REDIS_ADAPTER": "false"}
    )
    os.environ.update(
        {
            "LISTEN_FDS": "1",
            "LISTEN_PID": str(os.getpid()),
            "CHORUS_HOME": home,
            "CHORUS_INSTANCE_ID": str(int(port) % 1000),
            "CHORUS_RATE_LIMIT": "0",
            "DATABASE_URL": url,
            "JWT_SECRET": secret,
            **redis,
        }
    )
    return main(["chorus.entry.server:application"])


if __name__ == "__main__":
    sys.exit(serve(*sys.argv[1:]))
