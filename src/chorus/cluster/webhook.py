"""Posts one JSON document: `python -m chorus.cluster.webhook`, a process of its own for every post.

It reads `{"url": …, "body": …}` on its standard input, so that an address that is a secret stands in no list of
processes, and ends with 0 when the answer is 2xx; otherwise it says why in one line. TLS and its certificates stay out
of the manager, which would be 4 MB larger with them.
"""

import http.client
import json
import sys
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 10.0
"""Seconds without a word from the other side."""

LARGEST_ANSWER = 1024


class NotTaken(Exception):
    """The other side did not take it; the text says what it answered. It never has the address."""


def main() -> int:
    """Post what standard input says."""
    order: dict[str, Any] = json.load(sys.stdin)
    try:
        post(order["url"], json.dumps(order["body"]).encode())
    except (OSError, http.client.HTTPException, NotTaken) as error:
        print(f"{type(error).__name__}: {error}")
        return 1
    return 0


def post(url: str, body: bytes) -> None:
    """Post JSON. A redirect is not followed: an alert goes where it was meant to go.

    Raises:
        NotTaken: the answer is not 2xx.
        OSError, http.client.HTTPException: there is no answer.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", "User-Agent": "chorus-alerts"})
        answer = connection.getresponse()
        text = answer.read(LARGEST_ANSWER).decode(errors="replace").strip()
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise NotTaken(f"{answer.status} {answer.reason}: {text[:200]}".rstrip(": "))


if __name__ == "__main__":
    sys.exit(main())
