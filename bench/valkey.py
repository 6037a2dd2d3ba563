"""The Redis of a scenario: the Valkey that Chorus brings, empty, keeping nothing, on the load's processor."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager

from bench.contenders import wait_until_listening
from bench.machine import free_port, processors, start_on
from chorus.entry.bundled_valkey import binary


@contextmanager
def valkey() -> Generator[int]:
    """Start it; its port.

    Raises:
        ServerFailed: it ended, or did not listen within 20 s.
    """
    port = free_port()
    _, processor = processors()
    command = [binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no"]
    process = start_on(processor, command, stdout=subprocess.DEVNULL)
    try:
        wait_until_listening("Valkey", process, port)
        yield port
    finally:
        process.kill()
        process.wait()
