"""The HTTP request that a session began with.

Kept for the life of the session as the bytes it came as: most are read once, at sign-in, and ten thousand idle
sessions should not hold ten thousand dicts.
"""

from urllib.parse import parse_qsl


class Request:
    """Method, target and headers. `remote` is the peer's address as text, "127.0.0.1:4711", or "" on a Unix socket."""

    __slots__ = ("fields", "method", "remote", "target")

    def __init__(self, method: str, target: str, fields: bytes, remote: str = "") -> None:
        self.method = method
        self.target = target
        """Path and query, as sent."""

        self.remote = remote
        self.fields = fields
        """The headers, as sent."""

    @classmethod
    def parse(cls, head: bytes, remote: str = "") -> "Request":
        """Read a request head, up to its empty line.

        Raises:
            ValueError: its first line is not `method target version`.
        """
        line, _, fields = head.partition(b"\r\n")
        method, target, _version = line.decode("latin-1").split(" ")
        return cls(method, target, fields.partition(b"\r\n\r\n")[0], remote)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of repeated ones, the last."""
        try:
            return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True, max_num_fields=64))
        except ValueError:  # more fields than anyone needs: as if there were none
            return {}

    @property
    def headers(self) -> dict[str, str]:
        """Names in lower case; repeated fields joined by commas, cookies by semicolons."""
        headers: dict[str, str] = {}
        for line in self.fields.decode("latin-1").split("\r\n"):
            name, colon, value = line.partition(":")
            if not colon:
                continue
            name, value = name.strip().lower(), value.strip()
            if name in headers:
                value = f"{headers[name]}{'; ' if name == 'cookie' else ', '}{value}"
            headers[name] = value
        return headers

    @property
    def cookies(self) -> dict[str, str]:
        """By name; of repeated ones, the first, which is the one with the longest path. RFC 6265, section 5.4."""
        cookies: dict[str, str] = {}
        for part in self.headers.get("cookie", "").split(";"):
            name, equals, value = part.strip().partition("=")
            if equals and name not in cookies:
                cookies[name] = value.strip('"')
        return cookies
