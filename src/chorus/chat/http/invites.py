"""`/invites`: links that let somebody sign up."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from chorus.chat.access.numbers import Id
from chorus.chat.actions import invites
from chorus.chat.actions.invites import Invitation
from chorus.chat.domain.accounts import Role
from chorus.chat.domain.invites import LONGEST_INVITE, MOST_CHANNELS, MOST_SIGN_UPS, USUAL_INVITE
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals


class NewInvite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link to be made."""

    role: Role = Role.MEMBER
    channels: Annotated[list[Id], msgspec.Meta(max_length=MOST_CHANNELS)] = []
    """What the new accounts are in from the start; a guest is in nothing else."""

    expires_in: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_INVITE)] = USUAL_INVITE
    """Seconds."""

    most: Annotated[int, msgspec.Meta(ge=1, le=MOST_SIGN_UPS)] | None = None
    """Accounts that may be made with it; without it, any number."""


@get("/invites", operation_id="listInvites", summary="The links there are", tags=["invites"],
     security=SIGNED_IN, responses=refusals("unauthenticated", "forbidden"))  # fmt: skip
async def list_invites(session: GivenSession, chat: GivenChat) -> Sequence[Invitation]:
    """Return the newest 200 links, also those that do not stand any more; the token of those that one could make."""
    return await invites.list_invites(chat, by=session.account)


@post("/invites", operation_id="createInvite", summary="Make a link", tags=["invites"],
      security=SIGNED_IN,
      responses=refusals(*OF_A_BODY, "unauthenticated", "not_found"))  # fmt: skip
async def create_invite(
    data: JSONBody[NewInvite], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> Invitation:
    """Make a link; `<the address>/#/invite/<token>` opens the page with it."""
    return await invites.create(
        chat,
        by=session.account,
        role=data.role,
        channels=data.channels,
        expires_in=data.expires_in,
        most=data.most,
        origin=origin,
    )


@delete("/invites/{invite_id:str}", operation_id="revokeInvite", summary="Revoke a link", tags=["invites"],
        security=SIGNED_IN, responses=refusals("invalid", "unauthenticated", "forbidden", "not_found"))  # fmt: skip
async def revoke_invite(invite_id: FromPath[str], session: GivenSession, chat: GivenChat, origin: GivenOrigin) -> None:
    """Have nobody sign up with the link any more."""
    await invites.revoke(chat, by=session.account, invite=invite_id, origin=origin)


ROUTES = (list_invites, create_invite, revoke_invite)
