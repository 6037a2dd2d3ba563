"""Who may do what, as one table. Pure: the facts come in as arguments.

Being a member of the channel is another question, asked by the store in the same transaction that reads or writes.
"""

from enum import StrEnum

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.errors import Forbidden
from chorus.chat.domain.scopes import Scope


class Act(StrEnum):
    """Something that an account may or may not do, as the sentence "may not …" ends."""

    SEE_ACCOUNTS = "see who is here"
    SEE_STRANGERS = "see people they share no channel with"
    RENAME_SELF = "change their name"
    OWN_DEVICES = "sign in by a password, and have devices"
    INVITE = "invite people"
    RUN_ACCOUNTS = "change roles or deactivate accounts"
    INTEGRATE = "run bots, webhooks and commands"
    SEE_AUDIT = "see the audit log"
    SET_RETENTION = "say how long messages are kept"
    EXPORT = "export the server or a channel"
    EXPORT_OWN = "export what is theirs"
    SEE_CHANNELS = "browse channels"
    CREATE_CHANNEL = "create channels"
    JOIN_CHANNEL = "join channels"
    LEAVE_CHANNEL = "leave channels"
    ADD_MEMBERS = "add people to channels"
    SET_TOPIC = "change topics"
    RUN_OWN = "rename, archive or take people out of channels they made"
    RUN_ANY = "rename, archive or take people out of other people's channels"
    CONVERSE = "begin direct messages"
    READ = "read messages"
    SEARCH = "search messages"
    SEND = "send messages"
    ATTACH = "upload files"
    PIN = "pin messages"
    REACT = "react to messages"
    EDIT_OWN = "edit their messages"
    EDIT_ANY = "edit other people's messages"
    DELETE_OWN = "delete their messages"
    DELETE_ANY = "delete other people's messages"


_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT = Role.OWNER, Role.ADMIN, Role.MEMBER, Role.GUEST, Role.BOT

# fmt: off
POLICY: dict[Act, frozenset[Role]] = {
    Act.SEE_ACCOUNTS:   frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT}),
    Act.SEE_STRANGERS:  frozenset({_OWNER, _ADMIN, _MEMBER,         _BOT}),
    Act.RENAME_SELF:    frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST}),
    Act.OWN_DEVICES:    frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST}),
    Act.INVITE:         frozenset({_OWNER, _ADMIN}),
    Act.RUN_ACCOUNTS:   frozenset({_OWNER, _ADMIN}),
    Act.INTEGRATE:      frozenset({_OWNER, _ADMIN}),
    Act.SEE_CHANNELS:   frozenset({_OWNER, _ADMIN, _MEMBER}),
    Act.SEE_AUDIT:      frozenset({_OWNER, _ADMIN}),
    Act.SET_RETENTION:  frozenset({_OWNER, _ADMIN}),
    Act.EXPORT:         frozenset({_OWNER, _ADMIN}),
    Act.EXPORT_OWN:     frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST}),
    Act.CREATE_CHANNEL: frozenset({_OWNER, _ADMIN, _MEMBER}),
    Act.JOIN_CHANNEL:   frozenset({_OWNER, _ADMIN, _MEMBER}),
    Act.LEAVE_CHANNEL:  frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT}),
    Act.ADD_MEMBERS:    frozenset({_OWNER, _ADMIN, _MEMBER}),
    Act.SET_TOPIC:      frozenset({_OWNER, _ADMIN, _MEMBER}),
    Act.RUN_OWN:        frozenset({_OWNER, _ADMIN, _MEMBER}),
    Act.RUN_ANY:        frozenset({_OWNER, _ADMIN}),
    Act.CONVERSE:       frozenset({_OWNER, _ADMIN, _MEMBER,         _BOT}),
    Act.READ:           frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT}),
    Act.SEARCH:         frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT}),
    Act.SEND:           frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT}),
    Act.ATTACH:         frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT}),
    Act.PIN:            frozenset({_OWNER, _ADMIN, _MEMBER,         _BOT}),
    Act.REACT:          frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT}),
    Act.EDIT_OWN:       frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT}),
    Act.EDIT_ANY:       frozenset(),
    Act.DELETE_OWN:     frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST, _BOT}),
    Act.DELETE_ANY:     frozenset({_OWNER, _ADMIN}),
}

SCOPE: dict[Act, Scope] = {
    Act.READ:           Scope.READ,
    Act.SEARCH:         Scope.READ,
    Act.SEND:           Scope.SEND,
    Act.EDIT_OWN:       Scope.SEND,
    Act.DELETE_OWN:     Scope.SEND,
    Act.REACT:          Scope.REACT,
    Act.PIN:            Scope.PIN,
    Act.ATTACH:         Scope.FILES,
    Act.SEE_ACCOUNTS:   Scope.PEOPLE,
    Act.SEE_STRANGERS:  Scope.PEOPLE,
    Act.CONVERSE:       Scope.CONVERSE,
    Act.LEAVE_CHANNEL:  Scope.LEAVE,
}
"""What a token has to be good for; an act that is not here is done with none."""

ASSIGNS: dict[Role, frozenset[Role]] = {
    _OWNER:             frozenset({_OWNER, _ADMIN, _MEMBER, _GUEST}),
    _ADMIN:             frozenset({                _MEMBER, _GUEST}),
    _MEMBER:            frozenset(),
    _GUEST:             frozenset(),
    _BOT:               frozenset(),
}
"""The roles that each role gives, by invites or to accounts, and whose accounts it changes or deactivates."""
# fmt: on


def may(account: Account, act: Act) -> bool:
    """Whether the account's role allows it, and so does its token, if it speaks by one."""
    return account.role in POLICY[act] and (account.scopes is None or SCOPE.get(act) in account.scopes)


def authorise(account: Account, act: Act) -> None:
    """Do nothing when the account's role allows it, and so does its token, if it speaks by one.

    Raises:
        Forbidden: it does not; the detail names the act, and the role or the scope that is missing.
    """
    if account.role not in POLICY[act]:
        raise Forbidden(f"{account.role.value} accounts may not {act.value}")
    if not may(account, act):
        needed = SCOPE[act].value if act in SCOPE else "none that there is"
        raise Forbidden(f"this token may not {act.value}: it lacks the scope {needed!r}")


def authorise_change(account: Account, *, maker: int, own: Act, anybodys: Act) -> None:
    """Do nothing when the role allows it for a message or channel of this maker: an act for one's own, one for others'.

    Raises:
        Forbidden: it does not.
    """
    authorise(account, own if maker == account.id else anybodys)


def authorise_account(account: Account, *, other: Account, role: Role | None) -> None:
    """Do nothing when the account may give the other one this role, or, for None, deactivate it.

    Raises:
        Forbidden: it may not, or it is its own account: nobody locks themselves out.
    """
    authorise(account, Act.RUN_ACCOUNTS)
    if other.id == account.id:
        raise Forbidden("your own account is for another owner or admin to change")
    changed = other.role if other.role is not Role.BOT else Role.MEMBER  # a bot is as near as a member
    if changed not in ASSIGNS[account.role]:
        raise Forbidden(f"{account.role.value} accounts may not change or deactivate {other.role.value} accounts")
    if role is not None and (role not in ASSIGNS[account.role] or other.role is Role.BOT):
        raise Forbidden(f"{account.role.value} accounts may not make this one {role.value}")
