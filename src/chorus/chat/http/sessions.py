"""`/accounts`, `/session` and `/me`: signing up, in and out."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody

from chorus.chat.access.credentials import REFRESH_COOKIE, cookie
from chorus.chat.actions import accounts, sessions
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.errors import Unauthenticated
from chorus.chat.domain.sessions import Device, SignedIn
from chorus.chat.http.cookies import ended_cookies, session_cookies
from chorus.chat.http.gate import origin_of
from chorus.chat.http.given import GivenChat, GivenSession
from chorus.chat.http.refusals import OF_A_BODY, SIGNED_IN, refusals

Asked = Request[Any, Any, Any]


class SignUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new account."""

    handle: str
    """What is typed after the @: 2 to 32 letters, digits, dots, dashes and underscores."""

    name: str
    """For people; at most 64 characters."""

    password: str
    """8 to 1,024 characters."""

    invite: str | None = None
    """The token of an invite's link, where sign-up is not open."""


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Proof of being somebody."""

    handle: str
    password: str


class Token(msgspec.Struct, frozen=True):
    """Signed in. The page gets the same token, and the one to refresh it with, as cookies that scripts cannot read."""

    account: Account
    access_token: str
    """For `Authorization: Bearer`."""

    expires_in: int
    """Seconds."""


@post("/accounts", operation_id="signUp", summary="Make an account and sign in", tags=["accounts"],
      security=[], responses=refusals(*OF_A_BODY, "conflict"))  # fmt: skip
async def sign_up(request: Asked, data: JSONBody[SignUp], chat: GivenChat) -> Response[Token]:
    """Make an account; the first one owns the server."""
    made = await accounts.sign_up(
        chat,
        handle=data.handle,
        name=data.name,
        password=data.password,
        invite=data.invite,
        origin=origin_of(request),
    )
    return _token(request, made, 201)


@post("/session", operation_id="signIn", summary="Sign in", tags=["session"], status_code=200,
      security=[], responses=refusals(*OF_A_BODY, "unauthenticated"))  # fmt: skip
async def sign_in(request: Asked, data: JSONBody[SignIn], chat: GivenChat) -> Response[Token]:
    """Open a session on this device."""
    signed_in = await sessions.sign_in(chat, handle=data.handle, password=data.password, origin=origin_of(request))
    return _token(request, signed_in, 200)


@post("/session/refresh", operation_id="refresh", summary="Renew the session", tags=["session"], status_code=200,
      security=[{"refresh": []}], responses=refusals("unauthenticated", "forbidden"))  # fmt: skip
async def refresh(request: Asked, chat: GivenChat) -> Response[Token]:
    """Trade the refresh cookie for new tokens; each one is good once."""
    token = cookie(request.cookies, REFRESH_COOKIE)
    if token is None:
        raise Unauthenticated(f"no {REFRESH_COOKIE} cookie came with the request")
    return _token(request, await sessions.refresh(chat, refresh_token=token), 200)


@delete("/session", operation_id="signOut", summary="Sign out", tags=["session"],
        security=SIGNED_IN, responses=refusals("unauthenticated", "forbidden"))  # fmt: skip
async def sign_out(request: Asked, session: GivenSession, chat: GivenChat) -> Response[None]:
    """End this device's session and its live connections."""
    await sessions.sign_out(chat, session=session)
    return Response(None, status_code=204, cookies=ended_cookies(secure=_over_tls(request)))


@get("/me", operation_id="me", summary="Who is signed in", tags=["accounts"], sync_to_thread=False,
     security=SIGNED_IN, responses=refusals("unauthenticated"))  # fmt: skip
def me(session: GivenSession) -> Account:
    """Return the account whose token came with the request."""
    return session.account


def _token(request: Asked, signed_in: SignedIn, status: int) -> Response[Token]:
    token = Token(signed_in.account, signed_in.access_token, signed_in.expires_in)
    cookies = session_cookies(signed_in, secure=_over_tls(request))
    return Response(token, status_code=status, cookies=cookies)


def _over_tls(request: Asked) -> bool:
    return request.scope["scheme"] == "https"


@get("/sessions", operation_id="listDevices", summary="Where one is signed in", tags=["session"],
     security=SIGNED_IN, responses=refusals("unauthenticated"))  # fmt: skip
async def list_devices(session: GivenSession, chat: GivenChat) -> Sequence[Device]:
    """Return the account's sessions, the one used last first."""
    return await sessions.list_devices(chat, session=session)


@delete("/sessions/{session_id:str}", operation_id="endDevice", summary="Sign a device out", tags=["session"],
        security=SIGNED_IN, responses=refusals("invalid", "unauthenticated", "forbidden", "not_found"))  # fmt: skip
async def end_device(session_id: FromPath[str], session: GivenSession, chat: GivenChat) -> None:
    """End one of the account's sessions and its live connections."""
    await sessions.end_device(chat, session=session, device=session_id)


ROUTES = (sign_up, sign_in, refresh, sign_out, me, list_devices, end_device)
