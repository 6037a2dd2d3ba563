"""`/emoji`: what can be typed between two colons."""

from collections.abc import Sequence

import msgspec
from litestar import get

from chorus.chat.http.given import GivenSession
from chorus.chat.http.refusals import SIGNED_IN, refusals
from chorus.chat.rendering.emoji import EMOJI


class NamedEmoji(msgspec.Struct, frozen=True):
    """One that is shown where its name stands in a text."""

    name: str
    """Without the colons."""

    emoji: str


_NAMED = tuple(NamedEmoji(name, emoji) for name, emoji in EMOJI.items())


@get("/emoji", operation_id="listEmoji", summary="Emoji by name", tags=["messages"],
     security=SIGNED_IN, responses=refusals("unauthenticated"), sync_to_thread=False)  # fmt: skip
def list_emoji(session: GivenSession) -> Sequence[NamedEmoji]:
    """Return what `:name:` stands for in a message, the same for everybody; several names may mean one emoji."""
    del session  # that there is one is all
    return _NAMED


ROUTES = (list_emoji,)
