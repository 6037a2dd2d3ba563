"""What the actions tell the world after a change is stored; chat.live implements it over the realtime rooms."""

from typing import Protocol

from chorus.chat.domain.accounts import Account
from chorus.chat.domain.channels import Channel


class Announcer(Protocol):
    """Tells all instances. Hints, at most once: none of these waits, and none fails the action that is done."""

    def announce_entry(self, channel_id: int, seq: int, entry: bytes) -> None:
        """`entry` (JSON, as clients get it) was committed as `seq` of the channel."""
        ...

    def announce_channel(self, channel: Channel) -> None:
        """The channel was made; `channel` is as one who is not in it sees it."""
        ...

    def announce_change(self, channel: Channel) -> None:
        """The channel has another name, topic or number of members, or is archived; `channel` as above.

        Whoever is in it hears of it, and whoever may browse, if it is public.
        """
        ...

    def announce_account(self, account: Account) -> None:
        """The account signed up."""
        ...

    def announce_account_change(self, account: Account) -> None:
        """The account has another name or role, or is deactivated or in use again.

        Whoever may see who is here hears of it; its live connections go on with the new role, or end.
        """
        ...

    def announce_membership(self, account_id: int, channel_id: int, *, member: bool) -> None:
        """The account joined or left: its live connections begin or stop following the channel."""
        ...

    def announce_read(self, account_id: int, channel: Channel, *, back: bool) -> None:
        """The account's read position moved: its live connections show what is unread in `channel` from now on.

        `back`: it was moved back on purpose; otherwise a connection that knows of more reading knows better.
        """
        ...

    def announce_personal(self, account_id: int, event: str, payload: object) -> None:
        """Something of the account's own changed: its live connections get this event."""
        ...

    def forget_entries(self, channel_id: int) -> None:
        """An entry's text was erased: nobody keeps copies of the channel's entries for those who come later."""
        ...

    def end_session(self, session_id: str) -> None:
        """The session is over: its live connections end on every instance."""
        ...
