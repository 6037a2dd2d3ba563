"""Whom the guests among the live connections see: those who share a channel with them, and nobody else.

    await guests.arrived(member)                # before it hears anything
    if guests.concerns(notice): await guests.look(account=notice.account, channel=notice.channel)
    await guests.look()                         # all of them, anew

Theory of operation. What a guest sees is the union of the people in its channels. Those are read from the database for
the channels that guests here are in, kept by channel, and read again when somebody is said to have joined or left one;
so a change costs one question, however many guests look at it. Who came into view or left it is told to the guest
(`account.seen`, `account.unseen`), and nobody out of view is watched for it any more. Everybody else sees everybody and
costs nothing here.
"""

import asyncio
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from chorus.chat.actions import accounts
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.policies import Act, may
from chorus.chat.live.announcements import MembershipChanged
from chorus.chat.live.attendance import Attendance
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import AccountChanged, AccountSeen, AccountUnseen


class Guests:
    """Those of this instance."""

    def __init__(self, chat: Chat, attendance: Attendance) -> None:
        self._chat = chat
        self._attendance = attendance
        self._here: dict[Member, None] = {}
        self._new: set[Member] = set()
        """Those who became guests while they were connected, until it was looked whom they see."""

        self._inside: dict[int, AbstractSet[int]] = {}
        self._went = False
        """Whether some went since it was looked which channels are still of use."""

        self._looking = asyncio.Lock()

    async def arrived(self, member: Member) -> None:
        """Let a connection in; one of a guest sees its people from here on, which it has from the bootstrap."""
        if not _is_guest(member.account):
            member.seen = None
            return
        async with self._looking:
            if self._went:
                self._forget()  # before it is here: of channels that no guest was in, nobody has said what became
            if member.gone or not _is_guest(member.account):
                return
            self._here[member] = None
            await self._read(member.followed.keys() - self._inside.keys())
            if member in self._here:  # still, and a guest
                member.seen = self._sees(member)

    def moved(self, member: Member, seen: Iterable[int]) -> None:
        """It came from another process, where it saw these; whoever takes it looks again."""
        if _is_guest(member.account):
            self._here[member] = None
            member.seen = frozenset(seen)
        else:
            member.seen = None

    def left(self, member: Member) -> None:
        """It is gone; twice changes nothing."""
        if member in self._here:
            del self._here[member]
            self._new.discard(member)
            self._went = True

    def changed(self, member: Member) -> bool:
        """Its account has another role, perhaps; says whether it is to be looked up."""
        guest = _is_guest(member.account)
        if guest and member not in self._here:
            self._here[member] = None
            self._new.add(member)
            member.seen = frozenset({member.account.id})
            self._attendance.restrict(member)
            return True
        if not guest:
            self.left(member)
            member.seen = None
        return False

    def tell(self, account: Account) -> None:
        """Have the guests who see the account know what it is now."""
        for member in list(self._here):
            if member.sees(account.id):
                member.client.emit("account.changed", AccountChanged(account))

    def concerns(self, notice: MembershipChanged) -> bool:
        """Whether a guest here sees other people because of it."""
        return any(_is_near(member, notice.account, notice.channel) for member in self._here)

    async def look(self, *, account: int = 0, channel: int = 0) -> None:
        """See again whom guests see: those whom this change concerns, or all.

        Raises:
            DatabaseUnavailable: nothing has changed for anybody.
        """
        async with self._looking:
            everybody = not channel
            followed = self._forget()
            await self._read(followed if everybody else (followed & {channel}) | (followed - self._inside.keys()))
            near = [each for each in self._here if everybody or _is_near(each, account, channel)]
            fresh = {new for member in near for new in self._sees(member) - (member.seen or frozenset())}
            known = {each.id: each for each in await accounts.find(self._chat, ids=fresh)} if fresh else {}
            for member in near:
                self._show(member, known)

    def _show(self, member: Member, known: dict[int, Account]) -> None:
        if member not in self._here:
            return  # it went, or is no guest any more, while the database was asked
        before = member.seen or frozenset()
        now = frozenset(each for each in self._sees(member) if each in before or each in known)
        member.seen = now
        for account in sorted(before - now):
            member.client.emit("account.unseen", AccountUnseen(account))
        for account in sorted(now - before):
            member.client.emit("account.seen", AccountSeen(known[account]))
        self._attendance.restrict(member)
        if member in self._new:  # what it asks for from now on, it is told the changes of
            self._new.discard(member)
            member.client.emit("account.changed", AccountChanged(member.account))

    def _sees(self, member: Member) -> frozenset[int]:
        nobody = frozenset[int]()
        return frozenset({member.account.id}).union(*(self._inside.get(each, nobody) for each in member.followed))

    def _forget(self) -> set[int]:
        """Keep nothing of channels that no guest here is in, as nobody says what becomes of them; gives the others."""
        followed = {each for member in self._here for each in member.followed}
        for channel in self._inside.keys() - followed:
            del self._inside[channel]
        self._went = False
        return followed

    async def _read(self, channels: Iterable[int]) -> None:
        wanted = list(channels)
        if wanted:
            self._inside.update(await self._chat.store.people_in(wanted))


def _is_guest(account: Account) -> bool:
    return may(account, Act.SEE_ACCOUNTS) and not may(account, Act.SEE_STRANGERS)


def _is_near(member: Member, account: int, channel: int) -> bool:
    return channel in member.followed or member.account.id == account
