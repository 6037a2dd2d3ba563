"""What the actions can be told by the operator."""

from typing import Literal

import msgspec

SignUp = Literal["open", "invite", "closed"]


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Each option once, with unit and default."""

    secret: str
    """Signs access tokens (HS256); at least 32 characters, the same on every instance."""

    name: str = "Chorus"
    """The server's name, for people."""

    sign_up: SignUp = "invite"
    """Who may make an account: anybody, whoever has an invite link, or nobody; the first one always can be made."""

    rate_limit: int = 1200
    """Requests a minute of one account, and half of it of an address where nobody is signed in; 0: no limit."""

    instance: str = "0"
    version: str = ""
    file_limit: int = 50 * 1024 * 1024
    """Bytes of one file."""

    audit_retention: int = 400
    """Days for which lines of the audit log are kept; 0: for ever."""

    access_lifetime: int = 15 * 60
    """Seconds an access token is good for."""

    refresh_lifetime: int = 30 * 24 * 60 * 60
    """Seconds a device may stay away before it has to sign in again."""
