"""`/audit`: what was done to the server by those who run it."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from chorus.chat.actions import audit
from chorus.chat.actions.audit import USUAL_PAGE, AuditPage
from chorus.chat.domain.audit import LARGEST_PAGE, AuditFilter
from chorus.chat.domain.entries import LARGEST_SEQ
from chorus.chat.http.given import GivenChat, GivenSession
from chorus.chat.http.refusals import SIGNED_IN, refusals

ActOf = Annotated[
    str | None,
    QueryParameter(required=False, max_length=40, description='One act; or a kind of them, as "invite."'),
]
ActorId = Annotated[
    int | None, QueryParameter(required=False, ge=0, le=2**31 - 1, description="Who did it; 0: the command line")
]
WhomId = Annotated[int | None, QueryParameter(required=False, ge=1, le=2**31 - 1, description="To whom")]
InChannel = Annotated[int | None, QueryParameter(required=False, ge=1, le=2**31 - 1, description="In which channel")]
Since = Annotated[
    int | None,
    QueryParameter(required=False, ge=0, le=LARGEST_SEQ, description="Not older; milliseconds since 1970"),
]
Until = Annotated[
    int | None, QueryParameter(required=False, ge=0, le=LARGEST_SEQ, description="Older; milliseconds since 1970")
]
Before = Annotated[
    int | None,
    QueryParameter(required=False, ge=0, le=LARGEST_SEQ, description="The `next` of the page before"),
]
Limit = Annotated[int, QueryParameter(required=False, ge=1, le=LARGEST_PAGE, description="Lines")]


@get("/audit", operation_id="listAudit", summary="The audit log", tags=["administration"],
     security=SIGNED_IN, responses=refusals("invalid", "unauthenticated", "forbidden"))  # fmt: skip
async def list_audit(
    session: GivenSession,
    chat: GivenChat,
    act: ActOf = None,
    actor: ActorId = None,
    account: WhomId = None,
    channel: InChannel = None,
    since: Since = None,
    until: Until = None,
    before: Before = None,
    limit: Limit = USUAL_PAGE,
) -> AuditPage:
    """Return who did what to whom, when and from where; the newest first; for owners and admins."""
    asked = AuditFilter(act=act, actor=actor, account=account, channel=channel, since=since, until=until)
    return await audit.list_lines(chat, by=session.account, asked=asked, before=before, limit=limit)


ROUTES = (list_audit,)
