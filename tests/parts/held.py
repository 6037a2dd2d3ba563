"""Upgraded connections that stay open."""

import socket


def live(cluster, **changes):
    return cluster.spec(name="live", app="live:application", **changes)


class Held:
    """Upgraded connections that stay open and answer."""

    def __init__(self, port: int, count: int) -> None:
        self._sockets = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(count)]
        for each in self._sockets:
            each.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
        for each in self._sockets:
            assert b" 101 " in each.recv(1000)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self._sockets:
            each.close()

    def answering(self) -> int:
        """How many give back what they are sent."""
        for each in self._sockets:
            each.sendall(b"still there?")
        return sum(each.recv(100) == b"still there?" for each in self._sockets)
