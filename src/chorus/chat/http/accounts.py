"""`/accounts/{id}` and `/me`: who is here, what they are, and one's own name and password."""

from collections.abc import Sequence

import msgspec
from litestar import Response, get, patch, put
from litestar.params import FromPath, JSONBody

from chorus.chat.access.numbers import Id
from chorus.chat.actions import accounts
from chorus.chat.domain.accounts import Account, Role
from chorus.chat.http.given import GivenChat, GivenOrigin, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals


class AccountChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different about an account; what is left out stays."""

    role: Role | None = None
    deactivated: bool | None = None
    """Ends its sessions and live connections at once; false has it in use again."""


class OwnChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different about oneself."""

    name: str


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another password, with proof that one knows the present one."""

    old: str
    new: str
    """8 to 1,024 characters."""


@get("/accounts", operation_id="listAccounts", summary="Who is here", tags=["accounts"],
     security=SIGNED_IN, responses=refusals("unauthenticated", "forbidden"))  # fmt: skip
async def list_accounts(session: GivenSession, chat: GivenChat) -> Sequence[Account]:
    """Return everybody on the server, by id."""
    return await accounts.list_accounts(chat, by=session.account)


@patch("/accounts/{account_id:int}", operation_id="changeAccount", summary="Change a role, deactivate",
       tags=["accounts"], security=SIGNED_IN,
       responses=refusals(*OF_A_BODY, "unauthenticated", "not_found", "conflict"))  # fmt: skip
async def change_account(
    account_id: FromPath[Id], data: JSONBody[AccountChange], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> Account:
    """Change what somebody else is: for owners, and for admins what concerns members and guests."""
    return await accounts.change(
        chat,
        by=session.account,
        account=account_id,
        role=data.role,
        deactivated=data.deactivated,
        origin=origin,
    )


@patch("/me", operation_id="rename", summary="Change one's name", tags=["accounts"], security=SIGNED_IN,
       responses=refusals(*OF_A_BODY, "unauthenticated"))  # fmt: skip
async def rename(data: JSONBody[OwnChange], session: GivenSession, chat: GivenChat) -> Account:
    """Have another name; everybody sees it at once."""
    return await accounts.rename(chat, by=session.account, name=data.name)


@put("/me/password", operation_id="changePassword", summary="Change one's password", tags=["accounts"],
     status_code=204, security=SIGNED_IN, responses=refusals(*OF_A_BODY, "unauthenticated"))  # fmt: skip
async def change_password(
    data: JSONBody[NewPassword], session: GivenSession, chat: GivenChat, origin: GivenOrigin
) -> Response[None]:
    """Have another password; all other devices are signed out."""
    await accounts.change_password(chat, session=session, old=data.old, new=data.new, origin=origin)
    return Response(None, status_code=204)


ROUTES = (list_accounts, change_account, rename, change_password)
