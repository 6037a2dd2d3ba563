"""The conformance server, in a process of its own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from waiting import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def conformance_port() -> Iterator[int]:
    """Where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "conformance" / "server.py"), str(port)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )

    def listens() -> bool:
        assert process.poll() is None, "the server ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(listens, what="the conformance server to listen")
    yield port
    process.terminate()
    process.wait(10)
