"""Who is here: what live connections say of their people, and who hears of it.

An account is active when somebody sits before one of its connections, on whichever instance; away when there are
connections and nobody sits there; otherwise offline. A connection hears of the accounts it watches and of no others, so
what it costs that somebody comes or goes depends on who looks at them, not on how many there are.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from chorus.chat.domain.policies import Act, authorise
from chorus.chat.live import events
from chorus.chat.live.allowance import Allowance
from chorus.chat.live.answering import answer
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import (
    Acknowledgement,
    Done,
    PresenceChanged,
    PresenceWatched,
    SetPresence,
    WatchPresence,
)
from chorus.chat.live.watchers import Watchers
from chorus.realtime import Backplane, Namespace, Presence

CHANNEL = "chat:presence"
"""Of the backplane."""

AWAY, ACTIVE = 1, 2

_STATES: dict[int, Literal["active", "away"]] = {AWAY: "away", ACTIVE: "active"}


class Attendance:
    """Of this instance's connections, merged with what others say."""

    def __init__(self, namespace: Namespace, backplane: Backplane, allowance: Allowance) -> None:
        self._namespace = namespace
        self._presence = Presence(backplane, on_change=self._changed, channel=CHANNEL)
        self._watchers = Watchers()
        self._here: dict[int, dict[Member, int]] = {}
        answer(namespace, allowance, events.PRESENCE_WATCH, self._watch)
        answer(namespace, allowance, events.PRESENCE_SET, self._set)

    def start(self) -> None:
        """Begin to hear other instances."""
        self._presence.start()

    async def close(self) -> None:
        """Tell them that this one ends."""
        await self._presence.close()

    def arrived(self, member: Member) -> None:
        """A connection was let in; somebody sits before it until it says otherwise."""
        if not member.gone:
            self._put(member, ACTIVE)

    def of(self, member: Member) -> tuple[int | None, list[int]]:
        """What was said of sitting before this connection, and the accounts it watches: for its next process."""
        return self._here.get(member.account.id, {}).get(member), sorted(self._watchers.by(member.client))

    def moved(self, member: Member, presence: int | None, watched: Collection[int]) -> None:
        """It came from another process, where it had this."""
        self._watchers.watch(member.client, watched)
        if presence is not None:
            self._put(member, presence)

    def restrict(self, member: Member) -> None:
        """It sees other accounts now: it goes on watching those alone that it sees."""
        watched = self._watchers.by(member.client)
        if watched:
            self._watchers.watch(member.client, [account for account in watched if member.sees(account)])

    def left(self, member: Member) -> None:
        """It is gone; twice changes nothing."""
        self._watchers.watch(member.client, ())
        here = self._here.get(member.account.id, {})
        if here.pop(member, None) is not None:
            self._tell(member.account.id)

    async def _watch(self, member: Member, asked: WatchPresence) -> Acknowledgement:
        authorise(member.account, Act.SEE_ACCOUNTS)
        seen = [account for account in asked.accounts if member.sees(account)]
        if not member.gone:
            self._watchers.watch(member.client, seen)
        states = ((account, self._presence.state(str(account))) for account in seen)
        return PresenceWatched({account: _STATES[state] for account, state in states if state in _STATES})

    async def _set(self, member: Member, asked: SetPresence) -> Acknowledgement:
        if not member.gone:
            self._put(member, ACTIVE if asked.state == "active" else AWAY)
        return Done()

    def _put(self, member: Member, state: int) -> None:
        self._here.setdefault(member.account.id, {})[member] = state
        self._tell(member.account.id)

    def _tell(self, account: int) -> None:
        here = self._here.get(account, {})
        self._presence.put(str(account), max(here.values(), default=0))
        if not here:
            self._here.pop(account, None)

    def _changed(self, changes: Mapping[str, int]) -> None:
        for key, state in changes.items():
            account = int(key)
            watching = self._watchers.of(account)
            if not watching:
                continue
            frame: Any = self._namespace.encode("presence", PresenceChanged(account, _STATES.get(state, "offline")))
            for client in watching:
                client.send_frame(frame)
