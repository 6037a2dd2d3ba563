"""What is said of a webhook that did not take an alert: it goes to daemon.log, and has nothing of the address."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from chorus.cluster.webhook import NotTaken, post


@contextmanager
def answering(status: int, text: str) -> Iterator[str]:
    """A server that repeats what it was asked for; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = text.format(path=self.path).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("path", ["/hooks/T0B1secret", "/hooks?token=T0B1secret"])
def test_an_answer_that_repeats_the_address_is_said_without_it(path: str):
    with answering(404, "<pre>Cannot POST {path}</pre>") as address, pytest.raises(NotTaken) as refused:
        post(address + path, b"{}")

    assert "404 Not Found: <pre>Cannot POST /" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/hooks/my secret",
        "http://127.0.0.1:9/hooks/sécret",
        "http://127.0.0.1:secret/hooks",
        "http://[::1/secret",
    ],
)
def test_an_address_that_cannot_be_asked_is_said_to_be_none_and_is_not_shown(url: str):
    with pytest.raises(NotTaken, match="found an address that cannot be asked") as refused:
        post(url, b"{}")

    assert "cret" not in str(refused.value)


def test_what_is_taken_is_no_error():
    with answering(204, "") as address:
        post(f"{address}/hooks", b"{}")
