"""`/server` and `/bootstrap`: what a client needs before and after signing in."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from chorus.chat.actions import bootstrap as bootstrap_action
from chorus.chat.actions import server
from chorus.chat.actions.bootstrap import Bootstrap
from chorus.chat.actions.server import ServerDescription
from chorus.chat.http.given import GivenChat, GivenSession
from chorus.chat.http.refusals import SIGNED_IN, refusals

InviteToken = Annotated[str | None, QueryParameter(required=False, max_length=100, description="Of an invite's link")]


@get("/server", operation_id="describeServer", summary="What the sign-in page needs to know", tags=["server"],
     security=[], responses=refusals("invalid"))  # fmt: skip
async def describe(chat: GivenChat, invite: InviteToken = None) -> ServerDescription:
    """Describe the server to anybody, and to who holds an invite's link who invites them."""
    return await server.describe(chat, invite=invite)


@get("/bootstrap", operation_id="bootstrap", summary="Everything to begin with", tags=["server"],
     security=SIGNED_IN, responses=refusals("unauthenticated"))  # fmt: skip
async def bootstrap(session: GivenSession, chat: GivenChat) -> Bootstrap:
    """Return accounts and channels of one moment; each channel's `last_seq` is the cursor to follow it from."""
    return await bootstrap_action.bootstrap(chat, by=session.account)


ROUTES = (describe, bootstrap)
