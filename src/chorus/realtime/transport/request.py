"""The HTTP request that a session began with.

Kept for the life of the session as the bytes it came as: most are read once, at sign-in, and ten thousand idle
sessions should not hold ten thousand dicts.
"""

from urllib.parse import parse_qsl

_MOST_FIELDS = 64


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
        query = self.target.partition("?")[2]
        if query.count("&") >= _MOST_FIELDS:  # more than anyone needs: as if there were none
            return {}
        if "%" in query or "+" in query:
            return dict(parse_qsl(query, keep_blank_values=True))
        return {name: value for name, _, value in [part.partition("=") for part in query.split("&") if part]}

    def header(self, name: str) -> str | None:
        """The header of this name, in lower case, as in `headers`; None: there is none. For one, it costs less."""
        fields = b"\r\n" + self.fields
        lowered, wanted = fields.lower(), b"\r\n%b:" % name.encode("latin-1")
        at = lowered.find(wanted)
        if at < 0:
            return self.headers.get(name) if b" :" in fields or b"\t:" in fields else None
        begin = at + len(wanted)
        if lowered.find(wanted, begin) >= 0:
            return self.headers[name]
        end = fields.find(b"\r\n", begin)
        return fields[begin : end if end >= 0 else None].decode("latin-1").strip()

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
