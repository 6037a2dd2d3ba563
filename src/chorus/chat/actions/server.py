"""The server itself, as those see it who are not signed in."""

import msgspec

from chorus.chat.actions import invites
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.invites import Welcome
from chorus.chat.actions.settings import SignUp


class ServerDescription(msgspec.Struct, frozen=True):
    """What the sign-in page needs to know."""

    name: str
    accounts: bool
    """Whether any account exists; without one the next to sign up owns the server."""

    sign_up: SignUp
    invite: Welcome | None = None
    """Who invites whoever asks, when they ask with the token of a link that stands."""


async def describe(chat: Chat, *, invite: str | None = None) -> ServerDescription:
    """Describe the server to anybody; `invite` is the token of an invite's link.

    Raises:
        DatabaseUnavailable: try again.
    """
    return ServerDescription(
        name=chat.settings.name,
        accounts=await chat.store.has_accounts(),
        sign_up=chat.settings.sign_up,
        invite=await invites.look(chat, token=invite) if invite else None,
    )
