"""What channels and keys are called on Redis.

    names = Names("chorus", 0)
    names.wire("room:/:a{b")                 # chorus/0/room:/:a%7Bb
    names.channel("chorus/0/room:/:a%7Bb")   # room:/:a{b
    names.beside("room:/:a", "/entries")     # {chorus/0/room:/:a}/entries: a key in the slot of that channel

A cluster places a name by what stands between its first braces (https://valkey.io/topics/cluster-spec/), so braces in a
channel are escaped, and keys that belong to one have it between theirs.
"""

_ESCAPES = {"%": "%25", "{": "%7B", "}": "%7D"}
_ESCAPING = str.maketrans(_ESCAPES)


class Names:
    """Channels are shared by all databases of a server, so the database number is part of every name."""

    def __init__(self, prefix: str, database: int) -> None:
        self._prefix = f"{prefix.translate(_ESCAPING)}/{database}/"

    def wire(self, channel: str) -> str:
        """How a channel is called on Redis."""
        return self._prefix + channel.translate(_ESCAPING)

    def channel(self, wire: str) -> str:
        """The channel that is called so."""
        name = wire.removeprefix(self._prefix)
        if "%" in name:
            for character, escape in reversed(_ESCAPES.items()):
                name = name.replace(escape, character)
        return name

    def beside(self, channel: str, suffix: str) -> str:
        """A key in the same slot as the channel."""
        return f"{{{self.wire(channel)}}}{suffix}"
