"""A signed-in device."""

import msgspec

from chorus.chat.domain.accounts import Account

NEVER = 2**53 - 1
"""When a bot's token expires; milliseconds, as all times."""


class Session(msgspec.Struct, frozen=True):
    """Somebody signed in from one device until signed out or until `expires_at`; or a bot, by a token."""

    id: str
    """Random, 128 bit; the `sid` of its access tokens, or a bot's token's id."""

    account: Account
    expires_at: int
    """Wall time, milliseconds since 1970; moves on with every refresh."""


class Origin(msgspec.Struct, frozen=True):
    """Where a sign-in comes from, for the person who looks at their devices later."""

    agent: str = ""
    """What the device calls itself: User-Agent."""

    address: str = ""
    """Its IP address, as far as we see it."""


class Device(msgspec.Struct, frozen=True):
    """A session as its owner sees it in the list of devices."""

    id: str
    agent: str
    address: str
    signed_in_at: int
    """Wall time, milliseconds since 1970."""

    seen_at: int
    """When it renewed its tokens last: at most some 15 minutes before it was used last."""

    current: bool
    """The one that asks."""


class SignedIn(msgspec.Struct, frozen=True):
    """What a device gets when it signs in, up, or refreshes."""

    session: Session
    access_token: str
    """JWT for `sessions.authenticate`, short-lived."""

    expires_in: int
    """Seconds until the access token expires."""

    refresh_token: str
    """Opaque; good for one `sessions.refresh`."""

    refresh_expires_in: int
    """Seconds."""

    @property
    def account(self) -> Account:
        """Who signed in."""
        return self.session.account
