"""Links that let somebody sign up: made, listed, revoked, and looked at by whoever holds one."""

from collections.abc import Collection, Sequence

import msgspec

from chorus.chat.actions import tokens
from chorus.chat.actions.audit import recorded
from chorus.chat.actions.channels import find_joined
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.channels import check_named
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.invites import USUAL_INVITE, Invite, check_invite
from chorus.chat.domain.policies import ASSIGNS, Act, authorise
from chorus.chat.domain.sessions import Origin

_NOWHERE = Origin()


class Invitation(msgspec.Struct, frozen=True):
    """An invite with the token of its link: `<the chat's address>/#/invite/<token>`."""

    invite: Invite
    token: str | None
    """Null for who could not make this link: its role is not theirs to give, or they are not in one of its channels."""

    stands: bool
    """Whether somebody may sign up with it now."""


class Welcome(msgspec.Struct, frozen=True):
    """What somebody who holds a link may know before they sign up."""

    by: str
    """The name of whoever made it."""

    role: Role


async def create(
    chat: Chat,
    *,
    by: Account,
    role: Role = Role.MEMBER,
    channels: Sequence[int] = (),
    expires_in: int = USUAL_INVITE,
    most: int | None = None,
    origin: Origin = _NOWHERE,
) -> Invitation:
    """Make a link with which `most` people, or any number, sign up within `expires_in` seconds.

    They get the role, and are in these channels, in which `by` is, from the start; members are in the channel for all
    in any case, guests only in these. A private one counts as long as `by` is in it.

    Raises:
        Invalid: a role that this account cannot give, or a bound is broken.
        NotFound: one of the channels is none that this account is in.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INVITE)
    check_invite(by.role, role, lasts=expires_in, most=most, channels=len(channels))
    for channel in channels:
        check_named(await find_joined(chat, by=by, channel=channel))

    now = chat.now()
    invite = Invite(
        tokens.new_session_id(), by.id, role, tuple(sorted(set(channels))), now, now + expires_in * 1000, most, 0
    )
    terms = {"invite": invite.id, "role": role.value, "most": most, "expires_in": expires_in}
    record = recorded(chat, AuditAct.INVITE_CREATED, by=by, origin=origin, details=terms)
    await chat.store.create_invite(invite, audit=[record])
    return _invitation(chat, invite, shown=True)


async def list_invites(chat: Chat, *, by: Account) -> Sequence[Invitation]:
    """The newest 200 links, the newest first, also those that do not stand any more.

    The token comes with those alone that the account made or could make.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INVITE)
    mine = await chat.store.followed(by.id)
    return [_invitation(chat, invite, shown=_is_theirs(invite, by, mine)) for invite in await chat.store.invites()]


async def revoke(chat: Chat, *, by: Account, invite: str, origin: Origin = _NOWHERE) -> None:
    """Have nobody sign up with the link any more.

    Raises:
        NotFound: there is none.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.INVITE)
    record = recorded(chat, AuditAct.INVITE_REVOKED, by=by, origin=origin, details={"invite": invite})
    if not await chat.store.revoke_invite(invite, audit=[record]):
        raise NotFound("There is no such invite")


async def look(chat: Chat, *, token: str) -> Welcome | None:
    """Who invites whoever holds this link, and as what; None when it does not stand.

    Raises:
        DatabaseUnavailable: try again.
    """
    invite_id = tokens.read_invite_token(token, key=chat.settings.secret)
    invite = await chat.store.invite(invite_id) if invite_id else None
    if invite is None or not invite.stands(chat.now()):
        return None
    creator = await chat.store.account(invite.creator)
    return Welcome(creator.name, invite.role)


def _is_theirs(invite: Invite, by: Account, channels: Collection[int]) -> bool:
    """Whether the account made the link, or could: otherwise it is more than they have, and the link is a secret."""
    return invite.creator == by.id or (invite.role in ASSIGNS[by.role] and set(invite.channels) <= set(channels))


def _invitation(chat: Chat, invite: Invite, *, shown: bool) -> Invitation:
    token = tokens.invite_token(invite.id, key=chat.settings.secret) if shown else None
    return Invitation(invite, token, invite.stands(chat.now()))
