"""What is seen of real processes: shown by `status` and `info`, kept by the second and the minute."""

import json
import socket
import urllib.request

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

SLOW = """
import time
async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind.endswith("shutdown"):
                return
    if scope["path"] == "/slow":
        time.sleep(0.6)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
"""


def get(shell: Shell, path: str) -> None:
    urllib.request.urlopen(f"http://127.0.0.1:{shell.port}{path}", timeout=30).close()


def test_status_shows_memory_descriptors_connections_and_the_lag_of_the_event_loop(shell: Shell):
    """Samples of each instance in `status --json`; a request that blocks the loop shows as its lag."""
    shell.program("slow.py", SLOW)
    shell.write('apps = [{ name = "slow", app = "slow:application", port = PORT }]')
    shell.ok("start")

    def seen_whole() -> dict | None:
        """A look at it while it serves; the first one may see an interpreter that still starts."""
        [seen] = shell.instances("slow")
        whole = seen["lag"] is not None and seen["memory"] > 10_000_000 and seen["descriptors"] > 5
        return seen if whole else None

    until(seen_whole, what="lag, memory and descriptors to be seen")

    with socket.create_connection(("127.0.0.1", shell.port)):
        until(lambda: shell.instances("slow")[0]["connections"] == 1, what="the connection to be seen")
    get(shell, "/slow")
    late = until(lambda: (i := shell.instances("slow")[0])["lag"] > 0.3 and i, what="the lag to be seen")

    assert late["lag"] < 30
    until(lambda: shell.instances("slow")[0]["pss"], what="the share of memory")


def test_info_tells_what_was_seen_by_the_second_and_the_minute(shell: Shell):
    """The last hour by the second: for a person the extremes, for a program each value, over restarts."""
    shell.program("job.py", "import time\nend = time.time() + 1.5\nwhile time.time() < end: pass\ntime.sleep(1000)\n")
    shell.ok("start", "job.py", "-n", "job", "-i", "2")
    shell.ok("restart", "job:1")

    def seen() -> list[dict]:
        return json.loads(shell.ok("info", "job", "--samples", "hour", "--json"))["instances"]

    def counted() -> bool:
        return [each["values"]["restarts"][-1] for each in seen()] == [0, 1]

    until(lambda: all(any(each["values"]["cpu"]) for each in seen()) and counted(), what="both to be seen")
    first, second = seen()

    assert (first["number"], second["number"], len(first["values"]["cpu"])) == (0, 1, 3600)
    assert first["summaries"]["cpu"]["most"] > 10
    assert second["summaries"]["restarts"]["most"] == 1
    assert "IN THE LAST DAY" in shell.ok("info", "job", "--samples", "day")
    assert "IN THE LAST HOUR" in shell.ok("info", "job")
    assert shell.chorus("info", "job", "--samples", "year").returncode == 2
