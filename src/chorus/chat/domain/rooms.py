"""The names of the channels' durable rooms: what their log and their live connections agree upon."""

from typing import Final

_PREFIX: Final = "channel:"


def room_of(channel_id: int) -> str:
    """Name the channel's durable room."""
    return f"{_PREFIX}{channel_id}"


def channel_of(room: str) -> int:
    """The channel whose durable room this is.

    Raises:
        ValueError: it is not a channel's.
    """
    return int(room.removeprefix(_PREFIX))
