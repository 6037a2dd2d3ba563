"""Who may sign up, and how sessions are signed."""

from typing import Annotated, Final, Literal

import msgspec

from chorus.entry.settings.variables import TEXT, Special, Variable, choice, whole

SHORTEST_JWT_SECRET: Final = 32
"""Bytes that production asks of JWT_SECRET: HS256 wants a key as long as its hash (RFC 7518, section 3.2)."""


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    """Who may sign up, and how sessions are signed."""

    jwt_secret: Annotated[
        str,
        Variable(
            "JWT_SECRET",
            "The key that signs access tokens; in production 32 bytes or more. "
            "In development one is generated and kept in $CHORUS_HOME/state/jwt.secret.",
            TEXT,
            production=Special.REQUIRED,
            secret=True,
            shortest=SHORTEST_JWT_SECRET,
        ),
    ] = ""
    sign_up: Annotated[
        Literal["open", "invite", "closed"],
        Variable(
            "CHORUS_SIGN_UP",
            "Who may make an account after the first one, which owns the server. open: anybody; invite: whoever has "
            "an invite link; closed: nobody.",
            choice("open", "invite", "closed"),
        ),
    ] = "invite"
    audit_retention: Annotated[
        int,
        Variable(
            "CHORUS_AUDIT_DAYS",
            "For how many days lines of the audit log are kept. 0: for ever.",
            whole(0, 36_500),
        ),
    ] = 400
    """Days."""
