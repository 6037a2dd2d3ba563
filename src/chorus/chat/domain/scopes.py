"""What a bot's token may be good for. Which act needs which of them stands in `policies.py`."""

from enum import StrEnum


class Scope(StrEnum):
    """A part of what a bot may do; each token has some of them."""

    READ = "read"
    """Read and search messages and files, and connect for live events."""

    SEND = "send"
    """Send messages; edit and delete its own."""

    REACT = "react"
    PIN = "pin"
    FILES = "files"
    """Upload files."""

    PEOPLE = "people"
    """See who is here."""

    CONVERSE = "converse"
    """Begin direct messages."""

    LEAVE = "leave"
    """Leave channels."""
