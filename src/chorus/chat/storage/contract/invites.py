"""What the chat asks of its database for the invites that let people in."""

from collections.abc import Sequence
from typing import Protocol

from chorus.chat.domain.audit import Record
from chorus.chat.domain.invites import Invite


class InviteStore(Protocol):
    """Who may come in, and by whom that was said."""

    async def create_invite(self, invite: Invite, *, audit: Sequence[Record] = ()) -> None:
        """Keep an invite."""
        ...

    async def invites(self) -> Sequence[Invite]:
        """The newest 200, whether they stand or not."""
        ...

    async def invite(self, invite_id: str) -> Invite | None:
        """The invite with this id, whether it stands or not."""
        ...

    async def revoke_invite(self, invite_id: str, *, audit: Sequence[Record] = ()) -> bool:
        """Forget the invite; says whether there was one."""
        ...
