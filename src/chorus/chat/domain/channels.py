"""Places to talk. A channel's log is numbered by `seq`, 1, 2, 3 … without gaps."""

import re
import unicodedata
from enum import StrEnum

import msgspec

from chorus.chat.domain.errors import Forbidden, Invalid, NotFound, TooLarge

GENERAL = "general"
"""The channel that exists from the first account on and that every account joins."""

LONGEST_CHANNEL_NAME = 64
"""Characters."""

LONGEST_TOPIC = 250
"""Characters."""

LARGEST_ID = 2**31 - 1

_CHANNEL_NAME = re.compile(r"[^\W_][\w-]*")


class ChannelKind(StrEnum):
    """Who finds it, and who comes in."""

    PUBLIC = "public"
    """Those who may browse find it and join."""

    PRIVATE = "private"
    """Those who are in it; somebody in it adds others."""

    DIRECT = "direct"
    """Two people, or one alone with notes: for ever these."""

    GROUP = "group"
    """Three to nine people: for ever these."""


CONVERSATIONS = frozenset({ChannelKind.DIRECT, ChannelKind.GROUP})
"""The kinds that are their people (conversations.py): no name, nobody comes or goes."""


class Channel(msgspec.Struct, frozen=True):
    """A channel as one account sees it."""

    id: int
    name: str
    """Empty in direct messages and groups: `people` says whose they are."""

    topic: str
    last_seq: int
    """Position of its newest entry; 0 when empty."""

    read_seq: int
    """Position up to which this account has read; 0 for one who is not a member."""

    member: bool
    members: int
    """How many accounts are in it."""

    unread: int = 0
    """Messages after `read_seq`: neither replies in threads, nor what was deleted, nor changes of messages."""

    mentions: int = 0
    """Messages after `read_seq`, replies too, in which somebody else mentions this account or everybody."""

    kind: ChannelKind = ChannelKind.PUBLIC
    people: tuple[int, ...] = ()
    """Of direct messages and groups: the accounts in it, oneself too."""

    creator: int = 0
    """The account that made it; 0 for the first channel, which was made with the server."""

    archived: bool = False
    """Kept to be read: nothing is added, nobody joins."""

    retention: int | None = None
    """Days for which messages are kept here, 0: for ever; null: as the server says for all."""

    floor: int = 0
    """What the log had up to this seq is gone: it became older than it is kept."""

    def seen_from_outside(self) -> "Channel":
        """The same channel as one who is not in it sees it."""
        return msgspec.structs.replace(self, read_seq=0, member=False, unread=0, mentions=0)


def check_channel_id(channel: int) -> int:
    """Return the id.

    Raises:
        NotFound: no channel ever has it.
    """
    if not 0 < channel <= LARGEST_ID:
        raise NotFound(f"There is no channel {channel}")
    return channel


def check_named(channel: Channel) -> None:
    """Do nothing for a channel; a conversation is its people and stays so.

    Raises:
        Forbidden: it is one.
    """
    if channel.kind in CONVERSATIONS:
        raise Forbidden("Direct messages and groups keep the people they began with; begin another one")


def check_not_archived(channel: Channel) -> None:
    """Do nothing while the channel is in use.

    Raises:
        Forbidden: it is archived.
    """
    if channel.archived:
        raise archived()


def archived() -> Forbidden:
    """The answer to whoever would add something to an archived channel."""
    return Forbidden("This channel is archived: it can be read, and nothing is added to it")


def check_channel_name(name: str) -> str:
    """Return the name as it is kept: lower case, without a leading #.

    Raises:
        Invalid: other characters than letters (of any script), digits, dashes and underscores.
        TooLarge: above 64 characters.
    """
    name = unicodedata.normalize("NFKC", name).strip().removeprefix("#").lower()
    if len(name) > LONGEST_CHANNEL_NAME:
        raise TooLarge(f"name: found {len(name)} characters, expected at most {LONGEST_CHANNEL_NAME}")
    if not _CHANNEL_NAME.fullmatch(name):
        raise Invalid("name: expected letters, digits, dashes and underscores, beginning with a letter or digit")
    return name


def check_topic(topic: str) -> str:
    """Return the topic as it is kept: one line.

    Raises:
        Invalid: with control characters.
        TooLarge: above 250 characters.
    """
    topic = " ".join(unicodedata.normalize("NFC", topic).split())
    if len(topic) > LONGEST_TOPIC:
        raise TooLarge(f"topic: found {len(topic)} characters, expected at most {LONGEST_TOPIC}")
    if not topic.isprintable():
        raise Invalid("topic: control and invisible characters are not allowed")
    return topic
