"""What the actions tell the world, over the realtime rooms; the `Announcer` of `chorus.chat.actions`.

Entries go through the durable rooms, which deliver them whatever happens. Everything else is a hint, at most once: new
channels and accounts go to the clients of those who may see them, memberships and ended sessions to every instance's
gateway, which then looks into the database.
"""

import msgspec

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.rooms import room_of
from chorus.chat.live.payloads import AccountChanged, AccountJoined, ChannelCreated
from chorus.realtime import Backplane, DurableRooms, Namespace

NOTICES = "chat:notices"
"""The backplane's channel for what concerns gateways."""

BROWSERS = "browsers"
"""Ephemeral room: the clients of accounts that may browse channels."""

ONLOOKERS = "onlookers"
"""Ephemeral room: the clients of accounts that may see everybody; gateways tell guests (guests.py)."""


class MembershipChanged(msgspec.Struct, frozen=True, tag=True):
    """The account joined or left the channel; the database knows which."""

    account: int
    channel: int


class SessionEnded(msgspec.Struct, frozen=True, tag=True):
    """The session is over."""

    session: str


class ChannelWasRead(msgspec.Struct, frozen=True, tag=True):
    """The account's read position moved: the channel as it sees it from now on."""

    account: int
    channel: Channel
    back: bool


class ChannelWasChanged(msgspec.Struct, frozen=True, tag=True):
    """The channel is another now, as seen from outside: for its members, and if it is public for those who browse."""

    channel: Channel


class AccountWasChanged(msgspec.Struct, frozen=True, tag=True):
    """The account is another now: its connections go on with its role, or end when it is deactivated."""

    account: Account


class Personal(msgspec.Struct, frozen=True, tag=True):
    """The account's connections are to get this event."""

    account: int
    event: str
    payload: msgspec.Raw


class EntriesErased(msgspec.Struct, frozen=True, tag=True):
    """The log of this channel has other words for some of its entries: copies are not to be given out."""

    channel: int


Notice = (
    MembershipChanged | SessionEnded | ChannelWasRead | ChannelWasChanged | AccountWasChanged | EntriesErased | Personal
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Notice] = msgspec.json.Decoder(Notice)


def read_notice(message: bytes) -> Notice:
    """Read what another instance's announcer wrote.

    Raises:
        msgspec.DecodeError: it did not, or it is newer than this one.
    """
    return _decoder.decode(message)


def encode_notice(notice: Notice) -> bytes:
    """Write what `read_notice` reads."""
    return _encoder.encode(notice)


class LiveAnnouncer:
    """Tells all instances; nothing here waits or fails."""

    def __init__(self, namespace: Namespace, durable: DurableRooms, backplane: Backplane) -> None:
        self._namespace = namespace
        self._durable = durable
        self._backplane = backplane

    def announce_entry(self, channel_id: int, seq: int, entry: bytes) -> None:
        """Release the entry in its channel's order, here and elsewhere."""
        self._durable.announce(room_of(channel_id), seq, entry)

    def announce_channel(self, channel: Channel) -> None:
        """Show the new channel to those who may browse."""
        self._namespace.to(BROWSERS).emit("channel.created", ChannelCreated(channel))

    def announce_change(self, channel: Channel) -> None:
        """Have every gateway tell the connections that may know."""
        self._tell(ChannelWasChanged(channel))

    def announce_account(self, account: Account) -> None:
        """Show the new account to those who may see who is here."""
        self._namespace.to(ONLOOKERS).emit("account.joined", AccountJoined(account))

    def announce_account_change(self, account: Account) -> None:
        """Show it to those who may see who is here, and have every gateway look at the account's connections."""
        self._namespace.to(ONLOOKERS).emit("account.changed", AccountChanged(account))
        self._tell(AccountWasChanged(account))

    def announce_membership(self, account_id: int, channel_id: int, *, member: bool) -> None:
        """Have every gateway look; `member` is not passed on, because two such notices may overtake each other."""
        self._tell(MembershipChanged(account_id, channel_id))

    def announce_read(self, account_id: int, channel: Channel, *, back: bool) -> None:
        """Have every gateway tell the account's connections."""
        self._tell(ChannelWasRead(account_id, channel, back))

    def announce_personal(self, account_id: int, event: str, payload: object) -> None:
        """Have every gateway tell the account's connections."""
        self._tell(Personal(account_id, event, msgspec.Raw(_encoder.encode(payload))))

    def forget_entries(self, channel_id: int) -> None:
        """Have every gateway drop the copies that are kept for those who come back."""
        self._tell(EntriesErased(channel_id))

    def end_session(self, session_id: str) -> None:
        """Have every gateway end the session's connections."""
        self._tell(SessionEnded(session_id))

    def _tell(self, notice: Notice) -> None:
        self._backplane.publish(NOTICES, encode_notice(notice))
