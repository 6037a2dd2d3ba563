"""What is said of a webhook that did not take an alert: it goes to daemon.log, and has nothing of the address."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import unquote

import pytest

from chorus.cluster.webhook import NotTaken, post


@contextmanager
def answering(status: int, text: str) -> Iterator[str]:
    """A server that answers so; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = text.encode()
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


@pytest.mark.parametrize("path", ["/hooks/T0B1secret", "/hooks?token=T0B1secret", "/hooks/T0%2B1secret"])
@pytest.mark.parametrize("said", [str, unquote], ids=["as it is", "decoded"])
def test_an_answer_that_repeats_the_address_is_said_without_it(path: str, said: Callable[[str], str]):
    with answering(404, f"<pre>Cannot POST {said(path)}</pre>") as address, pytest.raises(NotTaken) as refused:
        post(address + path, b"{}")

    assert "404 Not Found: <pre>Cannot POST /" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_an_answer_that_repeats_it_again_and_again_is_said_without_a_piece_of_it():
    path = "/" + "secret" * 30
    with answering(404, path * 10) as address, pytest.raises(NotTaken) as refused:
        post(address + path, b"{}")

    assert "sec" not in str(refused.value)


def test_an_answer_that_is_none_is_said_without_the_address():
    """As of a server that sends back what it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_echo, args=(server,))
        thread.start()
        with pytest.raises(NotTaken) as refused:
            post(f"http://127.0.0.1:{server.getsockname()[1]}/hooks/T0B1secret", b"{}")
        thread.join()

    assert str(refused.value).startswith("BadStatusLine: POST /")
    assert "secret" not in str(refused.value)


def _echo(server: socket.socket) -> None:
    client, _ = server.accept()
    with client:
        client.sendall(client.recv(65536))


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
