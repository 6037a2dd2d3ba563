"""The conformance server, in a process of its own: with WebSockets on picows, and as a plain ASGI application."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from parts.ports import free_port
from waiting import until

ROOT = Path(__file__).resolve().parents[2]
WAYS = ["picows", "plain"]


@pytest.fixture(scope="session", params=WAYS)
def conformance_port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Where one listens that is patient with its clients. Row 5: one suite for both ways."""
    with listening(request.param, "patient") as port:
        yield port


@pytest.fixture(scope="session", params=WAYS)
def quick_port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Where one listens as the protocol suites expect it: a ping each 300 ms, to be answered within 200 ms."""
    with listening(request.param) as port:
        yield port


@contextmanager
def listening(*words: str) -> Iterator[int]:
    """A server with these arguments; its port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "conformance" / "server.py"), str(port), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )

    def listens() -> bool:
        assert process.poll() is None, "the server ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(listens, within=30, what="the conformance server to listen")
        yield port
    finally:
        process.terminate()
        process.wait(30)
