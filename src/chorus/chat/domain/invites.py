"""Links that let somebody sign up. Pure."""

import msgspec

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.errors import Invalid
from chorus.chat.domain.policies import ASSIGNS

LONGEST_INVITE = 90 * 24 * 60 * 60
"""Seconds that an invite may last; one that never ends is forgotten somewhere."""

USUAL_INVITE = 7 * 24 * 60 * 60
"""Seconds, unless said otherwise."""

MOST_SIGN_UPS = 1000
"""Accounts that one invite may make."""

MOST_CHANNELS = 50
"""Channels that one invite adds to."""


class Invite(msgspec.Struct, frozen=True):
    """A link that makes accounts until it expires, was used so often, or is revoked."""

    id: str
    creator: int
    """Who made it."""

    role: Role
    """Of whoever signs up with it."""

    channels: tuple[int, ...]
    """What they are in from the start; members are in the channel for all as well."""

    created_at: int
    """Wall time, milliseconds since 1970, as all of these."""

    expires_at: int | None
    most: int | None
    """Accounts that it makes; None: any number."""

    used: int
    """Accounts that it made."""

    def stands(self, now: int) -> bool:
        """Whether somebody may sign up with it at `now`."""
        return (self.expires_at is None or now < self.expires_at) and (self.most is None or self.used < self.most)


def check_invite(creator: Role, role: Role, *, lasts: int, most: int | None, channels: int) -> None:
    """Do nothing for an invite that this role may make.

    Raises:
        Invalid: a role that the creator cannot give, or a bound that is broken.
    """
    if role not in ASSIGNS[creator]:
        given = ", ".join(sorted(each.value for each in ASSIGNS[creator]))
        raise Invalid(f"role: found {role.value!r}, expected one that you may give: {given or 'none'}")
    if not 1 <= lasts <= LONGEST_INVITE:
        raise Invalid(f"expires_in: found {lasts} seconds, expected 1 to {LONGEST_INVITE}")
    if most is not None and not 1 <= most <= MOST_SIGN_UPS:
        raise Invalid(f"most: found {most} accounts, expected 1 to {MOST_SIGN_UPS}")
    if channels > MOST_CHANNELS:
        raise Invalid(f"channels: found {channels}, expected at most {MOST_CHANNELS}")


def not_given(creator: Account) -> frozenset[Role]:
    """The roles that this account may not give, as it is now: links that give them do not outlive the right to."""
    return frozenset(Role) - (frozenset() if creator.deactivated else ASSIGNS[creator.role])
