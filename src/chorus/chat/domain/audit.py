"""What was done to the server by those who run it: who, what, to whom, when and from where. Pure."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from chorus.chat.domain.errors import Invalid
from chorus.chat.domain.moments import Moment

OPERATOR = 0
"""In place of an account: whoever used the command line on the server's machine."""

LARGEST_PAGE = 200
"""Lines."""


class AuditAct(StrEnum):
    """The words under which it stands there. They never change; new ones come."""

    OWNER_CREATED = "account.owner_created"
    ROLE_CHANGED = "account.role_changed"
    DEACTIVATED = "account.deactivated"
    REACTIVATED = "account.reactivated"
    PASSWORD_RESET = "account.password_reset"  # noqa: S105 - what happened, not a password
    INVITE_CREATED = "invite.created"
    INVITE_REVOKED = "invite.revoked"
    CHANNEL_RENAMED = "channel.renamed"
    CHANNEL_ARCHIVED = "channel.archived"
    CHANNEL_UNARCHIVED = "channel.unarchived"
    MEMBER_REMOVED = "channel.member_removed"
    MESSAGE_DELETED = "message.deleted"
    BOT_CREATED = "bot.created"
    TOKEN_CREATED = "token.created"  # noqa: S105 - what happened, not a token
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_REMOVED = "webhook.removed"
    COMMAND_CREATED = "command.created"
    COMMAND_REMOVED = "command.removed"
    RETENTION_CHANGED = "retention.changed"
    EXPORTED = "export.made"


class Record(msgspec.Struct, frozen=True):
    """A line to be written, with what it tells of and in the same transaction."""

    act: str
    at: int
    """Wall time, milliseconds since 1970."""

    actor: int
    """The account that did it, or OPERATOR."""

    account: int = 0
    """To whom; 0: to nobody."""

    channel: int = 0
    """Where; 0: nowhere in particular."""

    details: Mapping[str, str | int | bool | None] = {}
    """What else there is to know: "from" and "to", a name, a seq."""

    address: str = ""
    """Where the actor was: an IP address, or the user and machine of a command line."""


class AuditLine(msgspec.Struct, frozen=True):
    """A line as it is read."""

    id: int
    """Later ones have greater ones."""

    at: Moment
    act: str
    actor: int
    """The account that did it; 0: the command line."""

    account: int
    """To whom; 0: to nobody."""

    channel: int
    """Where; 0: nowhere in particular."""

    details: Mapping[str, str | int | bool | None]
    address: str


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines; what is None does not matter."""

    act: str | None = None
    """One act, or with a dot at its end all of a kind: "account."."""

    actor: int | None = None
    account: int | None = None
    channel: int | None = None
    since: int | None = None
    """Milliseconds since 1970."""

    until: int | None = None
    """Before it."""


def check_audit_page(limit: int) -> int:
    """Return the size of a page.

    Raises:
        Invalid: not 1 to 200.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid(f"limit: found {limit}, expected 1 to {LARGEST_PAGE}")
    return limit
