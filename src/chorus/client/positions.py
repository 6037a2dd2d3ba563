"""How far a bot is in the channels that it is in. Pure.

    positions = Positions({1: 17})
    positions.takes(1, 18)              # True: nobody saw it yet, and from now on it is taken
    positions.takes(1, 18)              # False
    positions.handled(1, 18)
    positions.kept                      # {1: 18}: where to go on when this process is gone

There are two for each channel: `taken`, what came from the server, is where a new connection goes on; `kept`, what was
handled, is where a new process does. So a connection that breaks loses nothing and doubles nothing, and a process that
ends loses nothing: what it was handling is handled again.
"""

from collections.abc import Iterable, Mapping

from chorus.client.shapes import Channel


class Positions:
    """Of one bot."""

    def __init__(self, kept: Mapping[int, int] | None = None) -> None:
        """Go on where a process before this one was; None: there was none, and {}: it was in no channel."""
        self.kept = dict(kept or {})
        self.taken = dict(self.kept)
        self._begun = kept is not None

    def begin(self, channels: Iterable[Channel]) -> None:
        """Learn which channels there are, when a connection begins.

        At the very first time everything is read so far; later, a channel that is new was joined meanwhile, and is
        read from where it was joined.
        """
        known = {channel.id: channel.read_seq if self._begun else channel.last_seq for channel in channels}
        self._begun = True
        self.taken = {channel: self.taken.get(channel, seq) for channel, seq in known.items()}
        self.kept = {channel: self.kept.get(channel, seq) for channel, seq in known.items()}

    def join(self, channel: Channel) -> None:
        """The bot is in another channel from its `last_seq` on."""
        self.taken.setdefault(channel.id, channel.last_seq)
        self.kept.setdefault(channel.id, channel.last_seq)

    def leave(self, channel: int) -> None:
        """It is in it no more."""
        self.taken.pop(channel, None)
        self.kept.pop(channel, None)

    def takes(self, channel: int, seq: int) -> bool:
        """Whether the entry is new; it is taken then."""
        if seq <= self.taken.get(channel, 0):
            return False
        self.taken[channel] = seq
        return True

    def handled(self, channel: int, seq: int) -> None:
        """The entry, and all before it, was handled."""
        if channel in self.kept:
            self.kept[channel] = seq
