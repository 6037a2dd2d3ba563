"""Incoming webhooks: secret addresses by which programs speak in a channel without being signed in. Pure."""

import msgspec

from chorus.chat.domain.entries import LONGEST_TEXT

MOST_INCOMING = 200
"""On a server."""


class IncomingWebhook(msgspec.Struct, frozen=True):
    """What is known of one; its address is told once, when it is made."""

    id: str
    bot: int
    """The account that says what is posted."""

    channel: int
    name: str
    """For people: what posts there."""

    creator: int
    created_at: int
    """Wall time, milliseconds since 1970."""


def shortened(text: str) -> str:
    """The text, without its end where it is longer than a message may be: a part is more than nothing."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 2].rstrip() + "\n…"
