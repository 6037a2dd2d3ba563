"""What an entry looks like to a client that may recover: with the client's own offset behind it.

The frame of an entry is built once a room, and so is its mark; only the last argument differs from client to client.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

from chorus.realtime.log.trail import Mark
from chorus.realtime.server.stage import Audience
from chorus.realtime.transport.frames import Frame, extended, stem


class TrackedEntry(NamedTuple):
    """What all clients get of an entry, ready for the offset."""

    mark: Mark
    frame: Frame
    stem: bytes


def mark_of(seq: int, frame: Frame) -> Mark:
    """How the entry is known that went out as this frame."""
    return Mark(seq, zlib.crc32(frame))


def tracked_entry(seq: int, frame: Frame) -> TrackedEntry:
    """Prepare an entry for however many clients."""
    return TrackedEntry(mark_of(seq, frame), frame, stem(frame))


def tracked(client: Audience, room: str, entries: Sequence[TrackedEntry]) -> Frame:
    """Entries of a room as one client gets them, which from now on has seen them."""
    trail = client.trail
    if trail is None:
        return Frame(b"".join([entry.frame for entry in entries]))
    frames: list[Frame] = []
    for entry in entries:
        trail.see(room, entry.mark)
        frames.append(extended(entry.stem, b'"%b"' % trail.offset().encode()))
    return Frame(b"".join(frames))
