"""Programs with an account. Pure.

A bot has no password: it speaks by tokens, each good for some scopes, which whoever runs the server makes and revokes.
It sees the channels that somebody added it to, and no others.
"""

from collections.abc import Iterable

import msgspec

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.errors import Invalid
from chorus.chat.domain.scopes import Scope

MOST_BOTS = 200
"""On a server, deactivated ones not counted."""

MOST_TOKENS = 10
"""Of a bot."""


class BotToken(msgspec.Struct, frozen=True):
    """What is known of a token; its secret is told once, when it is made."""

    id: str
    bot: int
    """The account that speaks by it."""

    name: str
    """For people: where it is used."""

    scopes: tuple[Scope, ...]
    created_at: int
    """Wall time, milliseconds since 1970."""


class Bot(msgspec.Struct, frozen=True):
    """A bot, for those who run it."""

    account: Account
    tokens: tuple[BotToken, ...]


def check_scopes(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Return the scopes as they are kept: each once, in their order.

    Raises:
        Invalid: there is none.
    """
    wanted = set(scopes)
    if not wanted:
        raise Invalid(f"scopes: found none, expected some of {', '.join(Scope)}")
    return tuple(each for each in Scope if each in wanted)
