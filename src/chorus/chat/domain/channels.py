"""Places to talk. A channel's log is numbered by `seq`, 1, 2, 3 … without gaps."""

import re
import unicodedata

import msgspec

from chorus.chat.domain.errors import Invalid, NotFound, TooLarge

GENERAL = "general"
"""The channel that exists from the first account on and that every account joins."""

LONGEST_CHANNEL_NAME = 64
"""Characters."""

LONGEST_TOPIC = 250
"""Characters."""

LARGEST_ID = 2**31 - 1

_CHANNEL_NAME = re.compile(r"[^\W_][\w-]*")


class Channel(msgspec.Struct, frozen=True):
    """A channel as one account sees it."""

    id: int
    name: str
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
