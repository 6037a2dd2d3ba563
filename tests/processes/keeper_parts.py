"""What the tests of the keeper share."""

from pathlib import Path

from chorus.cluster.keeper.wire import (
    Logs,
)
from cluster.keeper.running import RunningKeeper

SLEEP = ["sleep", "600"]
NOTIFY = """
import os, socket, sys, time
def wait(name):
    while not os.path.exists(name):
        time.sleep(0.01)
def say(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
"""


def most_memory(keeper: RunningKeeper) -> int:
    """The most bytes the keeper ever had resident."""
    [line] = [
        line for line in Path(f"/proc/{keeper.process.pid}/status").read_text().splitlines() if line.startswith("VmHWM")
    ]
    return int(line.split()[1]) * 1024


def logs_in(folder: Path, **options) -> Logs:
    return Logs(*(str(folder / f"{name}.log") for name in ("out", "err", "combined")), **options)
