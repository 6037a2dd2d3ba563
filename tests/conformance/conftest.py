"""The conformance server, in a process of its own: with WebSockets on picows, and as a plain ASGI application."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.ports import free_port
from waiting import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", params=["picows", "plain"])
def conformance_port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Where it listens. Row 5: one suite for both ways."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "conformance" / "server.py"), str(port), request.param],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )

    def listens() -> bool:
        assert process.poll() is None, "the server ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(listens, within=30, what="the conformance server to listen")
    yield port
    process.terminate()
    process.wait(10)
