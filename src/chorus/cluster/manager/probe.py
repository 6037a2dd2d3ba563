r"""One health check: a GET over an instance's private Unix socket or its port, or a connection and perhaps a word.

    answer = await probe("/home/.chorus/run/chat:0:1.sock", "/health/ready", timeout=5.0)
    answer.well            # 2xx
    answer.reason          # "503: database: unreachable at …", or why there was no answer

    answer = await probe(("127.0.0.1", 8000), "/health", timeout=5.0)                  # of a program
    answer = await probe_connection(6379, ask="PING\r\n", timeout=5.0)                 # or the path of a socket

What comes back is read up to a bound and believed no further than its status line and, where it is JSON with "checks",
the names and details of the checks that are not "ok".
"""

import asyncio
from typing import Any, cast

import msgspec

_LARGEST_ANSWER = 64 * 1024
"""Bytes read of an answer."""

_LONGEST_REASON = 300


class ProbeAnswer(msgspec.Struct, frozen=True):
    """What a check found."""

    status: int | None
    """The HTTP status; None: no answer in time."""

    reason: str
    """For a person; empty when it is well."""

    connected: bool = False
    """It took a connection or answered there, or a program says that it is well, and no more was asked."""

    @property
    def well(self) -> bool:
        """It answered that it is ready."""
        return self.connected or (self.status is not None and 200 <= self.status < 300)

    @property
    def alive(self) -> bool:
        """It answered, and a restart would not help: 503 says that something it needs is away."""
        return self.well or self.status == 503


async def probe(where: str | tuple[str, int], path: str, *, timeout: float) -> ProbeAnswer:
    """Ask once, at a Unix socket or at a host and port. Never raises for what the instance does."""
    try:
        async with asyncio.timeout(timeout):
            head, body = await _get(where, path)
    except TimeoutError:
        return ProbeAnswer(None, f"GET {path}: no answer within {timeout:g} s")
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        return ProbeAnswer(None, f"GET {path}: {error or type(error).__name__}")
    status = _status(head)
    if status is None:
        return ProbeAnswer(None, f"GET {path}: the answer is not HTTP")
    answer = ProbeAnswer(status, "")
    return answer if answer.well else ProbeAnswer(status, f"GET {path}: {_describe(status, body)}")


async def probe_connection(target: str | int, *, timeout: float, ask: str | None = None) -> ProbeAnswer:
    """Connect once, to a Unix socket or to a TCP port of 127.0.0.1. Never raises for what the instance does.

    Args:
        target: the path of the socket, or the port.
        timeout: seconds.
        ask: what is said there; it is well when it answers anything. None: it need not answer.
    """
    where = target if isinstance(target, str) else f"127.0.0.1:{target}"
    wanted = "connection" if ask is None else "answer"
    try:
        async with asyncio.timeout(timeout):
            answered = await _is_answered(target, ask)
    except TimeoutError:
        return ProbeAnswer(None, f"{where}: no {wanted} within {timeout:g} s")
    except OSError as error:
        return ProbeAnswer(None, f"{where}: {error.strerror or error}")
    return ProbeAnswer(None, "", connected=True) if answered else ProbeAnswer(None, f"{where}: hung up without a word")


async def _is_answered(target: str | int, ask: str | None) -> bool:
    """Whether it takes a connection, and where it is asked something, says something."""
    if isinstance(target, str):
        reader, writer = await asyncio.open_unix_connection(target)
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", target)
    try:
        if ask is None:
            return True
        writer.write(ask.encode())
        return bool(await reader.read(1))
    finally:
        writer.close()


async def _get(where: str | tuple[str, int], path: str) -> tuple[bytes, bytes]:
    if isinstance(where, str):
        host = "localhost"
        reader, writer = await asyncio.open_unix_connection(where, limit=_LARGEST_ANSWER)
    else:
        host = f"{where[0]}:{where[1]}"
        reader, writer = await asyncio.open_connection(*where, limit=_LARGEST_ANSWER)
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: chorus-health\r\nConnection: close\r\n\r\n"
        writer.write(request.encode("ascii"))
        head = await reader.readuntil(b"\r\n\r\n")
        return head, await reader.read(_LARGEST_ANSWER)
    finally:
        writer.close()


def _status(head: bytes) -> int | None:
    version, _, rest = head.partition(b" ")
    digits = rest[:3]
    return int(digits) if version in {b"HTTP/1.1", b"HTTP/1.0"} and digits.isdigit() and len(digits) == 3 else None


def _describe(status: int, body: bytes) -> str:
    """The status, and what the body says about it when it says it in JSON."""
    try:
        document: Any = msgspec.json.decode(body[body.find(b"{") : body.rfind(b"}") + 1])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # any body is allowed; the status says enough
        return str(status)
    checks = cast("dict[str, Any]", document).get("checks") if isinstance(document, dict) else None
    if not isinstance(checks, dict):
        return str(status)
    words: list[str] = []
    for name, check in cast("dict[str, Any]", checks).items():
        found = cast("dict[str, Any]", check) if isinstance(check, dict) else {}
        if found.get("status") not in {"ok", "ready"}:
            words.append(f"{name}: {found.get('detail') or found.get('status')}")
    return f"{status}: {'; '.join(words)}"[:_LONGEST_REASON] if words else str(status)
