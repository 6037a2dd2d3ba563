"""The cookie that may come with a new session: for load balancers that keep a client to one instance by it.

Chorus itself needs none: a session id names the instance that holds the session. https://socket.io/docs/v4/server-options/#cookie
"""

from typing import Literal

import msgspec


class SessionCookie(msgspec.Struct, frozen=True, kw_only=True):
    """What the answer to a handshake sets; its value is the session's id. RFC 6265, section 4.1."""

    name: str = "io"

    path: str = "/"

    http_only: bool = True
    """Whether it is kept from the page's scripts."""

    same_site: Literal["lax", "strict", "none"] = "lax"
    """When pages of other sites send it. Browsers want `secure` with "none"."""

    secure: bool = False
    """Whether it goes over HTTPS alone."""

    max_age: int | None = None
    """Seconds it is kept; None: until the browser ends."""

    def __post_init__(self) -> None:
        if not self.name or any(character in self.name for character in '()<>@,;:\\"/[]?={} \t\r\n'):
            raise ValueError(f"cookie name: found {self.name!r}, expected a token of RFC 6265")
        if any(character in self.path for character in ";\r\n"):
            raise ValueError(f"cookie path: found {self.path!r}, expected one without semicolons and line ends")
        if self.same_site == "none" and not self.secure:
            raise ValueError('cookie: found same_site="none" without secure=True, which browsers refuse')

    def header(self, sid: str) -> tuple[str, str]:
        """The header that sets it."""
        parts = [f"{self.name}={sid}", f"Path={self.path}"]
        if self.max_age is not None:
            parts.append(f"Max-Age={self.max_age}")
        if self.http_only:
            parts.append("HttpOnly")
        parts.append(f"SameSite={self.same_site.capitalize()}")
        if self.secure:
            parts.append("Secure")
        return "Set-Cookie", "; ".join(parts)
