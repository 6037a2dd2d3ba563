"""`/search`: finding messages."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from chorus.chat.actions import search as actions
from chorus.chat.actions.search import SearchPage
from chorus.chat.domain.search import DEFAULT_RESULTS, MOST_RESULTS
from chorus.chat.http.given import GivenChat, GivenSession
from chorus.chat.http.refusals import SIGNED_IN, refusals

Query = Annotated[str, QueryParameter(description='Words, "phrases", from: in: before: after: on: has: mentions:me')]
After = Annotated[str | None, QueryParameter(required=False, description="What the last page gave as `next`")]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST_RESULTS, description="Hits, at most")]


@get("/search", operation_id="search", summary="Find messages", tags=["messages"],
     security=SIGNED_IN, responses=refusals("invalid", "unauthenticated", "forbidden", "too_large"))  # fmt: skip
async def search(
    q: Query, session: GivenSession, chat: GivenChat, after: After = None, limit: Limit = DEFAULT_RESULTS
) -> SearchPage:
    """Return the newest messages that fit, of the channels the account is in, with the stretch that fits."""
    return await actions.search(chat, by=session.account, query=q, after=after, limit=limit)


ROUTES = (search,)
