"""Posts one JSON document: `python -m chorus.cluster.webhook`, a process of its own for every post.

It reads `{"url": …, "body": …}` on its standard input, so that an address that is a secret stands in no list of
processes, and ends with 0 when the answer is 2xx; otherwise it says why in one line. TLS and its certificates stay out
of the manager, which would be 4 MB larger with them.
"""

import http.client
import json
import re
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT = 10.0
"""Seconds without a word from the other side."""

LARGEST_ANSWER = 1024

_LONGEST_TEXT = 200

_SHORTEST_SECRET = 4
"""Characters of a part of the address that is covered where an answer repeats it, as in "Cannot POST /hooks/T0B1"."""


class NotTaken(Exception):
    """The other side did not take it; the text says what it answered. It never has the address."""


def main() -> int:
    """Post what standard input says."""
    order: dict[str, Any] = json.load(sys.stdin)
    try:
        post(order["url"], json.dumps(order["body"]).encode())
    except (OSError, NotTaken) as error:
        print(f"{type(error).__name__}: {error}")
        return 1
    return 0


def post(url: str, body: bytes) -> None:
    """Post JSON. A redirect is not followed: an alert goes where it was meant to go.

    Raises:
        NotTaken: the answer is not 2xx, or none of HTTP, or the address is none that can be asked.
        OSError: there is no answer.
    """
    try:
        connection, path = _place(url)
        connection.putrequest("POST", path)
    except (ValueError, http.client.InvalidURL) as error:  # it has a part of the address in its text
        raise NotTaken(f"found an address that cannot be asked ({type(error).__name__}), expected a URL") from None
    try:
        headers = {"Content-Type": "application/json", "Content-Length": len(body), "User-Agent": "chorus-alerts"}
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read(LARGEST_ANSWER)
    except http.client.HTTPException as error:  # it may have in its text what came instead of an answer
        raise NotTaken(_without(path, f"{type(error).__name__}: {error}")) from None
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        said = text.decode(errors="replace").strip()
        cut = len(text) == LARGEST_ANSWER
        raise NotTaken(_without(path, f"{answer.status} {answer.reason}: {said}", cut=cut).rstrip(": "))


def _place(url: str) -> tuple[http.client.HTTPConnection, str]:
    """A connection that is not open yet, and what is asked for over it."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    return connection, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _without(path: str, text: str, *, cut: bool = False) -> str:
    """The beginning of a text in which nothing of the path is to be read, also where half of it ends a `cut` text."""
    given = {piece for piece in re.split(r"[/?&=]", path) if len(piece) >= _SHORTEST_SECRET}
    pieces = sorted(given | {unquote(piece) for piece in given}, key=len, reverse=True)
    for piece in pieces:
        text = text.replace(piece, "…")
    if cut and pieces:
        text = text[: -len(pieces[0])]
    return text[:_LONGEST_TEXT]


if __name__ == "__main__":
    sys.exit(main())
