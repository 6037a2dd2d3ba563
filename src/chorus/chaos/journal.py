"""What one client saw, and what it was promised, as it is handed from the process of the clients to the judge. Pure.

    view = View()
    view.add(1, digest(1, "posted", 7, client_id, 0, "Hello"))
    journal = Journal(client=0, account=7, views={3: view.packed()}, promises=[Promise(client_id.bytes, 3, 1)])

Of an entry eight bytes are kept, a hash of everything that must not change on its way: minutes of load are millions of
entries. A view keeps what came, in the order it came, whatever it was: judging is verdict.py's.
"""

from array import array
from hashlib import blake2b

import msgspec


def digest(seq: int, kind: str, sender: int, client_id: str, target: int, text: str) -> int:
    """64 bits of one entry: place, kind, sender, client id, the message it changes, and its words."""
    line = f"{seq} {kind} {sender} {client_id} {target} {text}"
    return int.from_bytes(blake2b(line.encode(), digest_size=8).digest(), "little")


class Packed(msgspec.Struct, frozen=True):
    """A view as bytes: 64 bit numbers in this machine's order."""

    seqs: bytes
    digests: bytes


class View:
    """The entries of one channel, as one client was sent them."""

    def __init__(self, seqs: "array[int] | None" = None, digests: "array[int] | None" = None) -> None:
        self.seqs = array("q") if seqs is None else seqs
        self.digests = array("Q") if digests is None else digests

    def __len__(self) -> int:
        return len(self.seqs)

    @property
    def cursor(self) -> int:
        """The seq that came last; 0 before the first."""
        return self.seqs[-1] if self.seqs else 0

    def add(self, seq: int, hashed: int) -> None:
        """An entry came."""
        self.seqs.append(seq)
        self.digests.append(hashed)

    def packed(self) -> Packed:
        """As bytes."""
        return Packed(self.seqs.tobytes(), self.digests.tobytes())

    @classmethod
    def unpacked(cls, packed: Packed) -> "View":
        """The view that these bytes came from."""
        seqs, digests = array("q"), array("Q")
        seqs.frombytes(packed.seqs)
        digests.frombytes(packed.digests)
        return cls(seqs, digests)


class Promise(msgspec.Struct, frozen=True, array_like=True):
    """An acknowledgement: this message of mine stands there, for ever."""

    client_id: bytes
    """The 16 bytes of the UUID."""

    channel: int
    seq: int


class Journal(msgspec.Struct, frozen=True):
    """Everything of one client."""

    client: int
    account: int
    views: dict[int, Packed]
    """By channel."""

    promises: list[Promise]
    unanswered: list[bytes] = []
    """Client ids that were sent, again and again, and never acknowledged."""

    refusals: list[str] = []
    """Answers that said no and that trying again would not change: there are none in a working server."""
