"""Live connections of one instance: who may connect, what they may ask, and which channels they hear.

    gateway = Gateway(chat, namespace, durable, backplane, origins=frozenset())
    gateway.start()
    ...
    await gateway.close()

Theory of operation. A connection hears the channels its account is in; `Member.followed` says which. Memberships change
anywhere: on another instance, by HTTP. Whoever changes one says so on the backplane (announcements.py), and every
gateway that has connections of that account looks into the database and follows or unfollows. Notices can be lost or
overtake each other, so they carry no truth: only the database does. When the backplane comes back, every `AWAY` seconds
while it is away, and every `ALWAYS` seconds in any case, everybody connected here is looked up again, all in one
question: a session may have expired, and instances without a backplane between them hear nothing of each other.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Collection, Coroutine, Sequence
from typing import Any

import msgspec

from chorus.chat.access.credentials import ACCESS_COOKIE, bearer, cookie
from chorus.chat.access.origin import is_ours
from chorus.chat.access.proxies import Proxies
from chorus.chat.actions import channels, sessions
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.channels import Channel, ChannelKind
from chorus.chat.domain.errors import ChatError, Invalid, TooMany, Unauthenticated
from chorus.chat.domain.policies import Act, may
from chorus.chat.domain.rooms import room_of
from chorus.chat.domain.sessions import Session
from chorus.chat.live import travelling
from chorus.chat.live.allowance import Allowance
from chorus.chat.live.announcements import (
    BROWSERS,
    NOTICES,
    ONLOOKERS,
    AccountWasChanged,
    ChannelWasChanged,
    ChannelWasRead,
    EntriesErased,
    Notice,
    Personal,
    SessionEnded,
    read_notice,
)
from chorus.chat.live.attendance import Attendance
from chorus.chat.live.following import Following
from chorus.chat.live.guests import Guests
from chorus.chat.live.members import Member, Members
from chorus.chat.live.payloads import (
    AccountChanged,
    Auth,
    ChannelChanged,
    ChannelRead,
    Ended,
    Moved,
    Ready,
    Refusal,
)
from chorus.chat.live.sending import Sending
from chorus.chat.live.typing import Typing
from chorus.realtime import Backplane, Client, ConnectRefused, DurableRooms, Namespace

logger = logging.getLogger(__name__)

AWAY = 15.0
"""Seconds between two looks at everybody's memberships and sessions while no notices come in."""

ALWAYS = 120.0
"""Seconds between two such looks while they do."""

MOVED = 0.5
"""Seconds after which connections that came from another process are looked up."""

MOST_CONNECTIONS = 100
"""Of one account, to an instance: what is told to the account costs so many times what it costs once.

Those that come from another process are let in beyond it: nobody is sent away for where they are served.
"""

CONNECT_AGAIN = 5.0
"""Seconds after which whoever found all of them taken may ask again."""


class Gateway:
    """Binds the namespace's events to the actions."""

    def __init__(
        self,
        chat: Chat,
        namespace: Namespace,
        durable: DurableRooms,
        backplane: Backplane,
        *,
        origins: Collection[str] = (),
        proxies: Sequence[str] = (),
    ) -> None:
        """Take the parts; `origins` are our own besides the `Host` asked for, `proxies` those whose word counts."""
        self._chat = chat
        self._durable = durable
        self._backplane = backplane
        self._origins = origins
        self._proxies = Proxies(proxies)
        self._members = Members()
        allowance = Allowance(chat.limiter, per_minute=chat.settings.rate_limit)
        self._attendance = Attendance(namespace, backplane, allowance)
        self._guests = Guests(chat, self._attendance)
        self._following = Following(
            chat, namespace, durable, allowance, Typing(chat, namespace, allowance), self._spawn
        )
        self._doubtful: dict[tuple[int, int], None] = {}
        self._recheck = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._recheck_soon: asyncio.TimerHandle | None = None
        Sending(chat, namespace, allowance, self._proxies)
        namespace.on_connect(self._connect)
        namespace.carry(travelling.NAME, self._pack, self._unpack, ready=_may_move)

    def start(self) -> None:
        """Begin to hear what other instances say."""
        self._backplane.subscribe(NOTICES, self._heard)
        self._backplane.on_up(self._recheck.set)
        self._attendance.start()
        self._spawn(self._recheck_in_time())

    async def close(self) -> None:
        """Stop; the connections themselves are the realtime server's to end."""
        self._backplane.unsubscribe(NOTICES, self._heard)
        if self._recheck_soon is not None:
            self._recheck_soon.cancel()
        await self._attendance.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Coming and going.

    async def _connect(self, client: Client, auth: Any) -> None:
        try:
            asked = _read_auth(auth)
            session = await self._session(client, asked)
            self._check_room(session.account)
            client.state = member = Member(client, session)
            async with member.changing:  # before anybody finds it: who looks it up waits until it knows its channels
                self._members.add(member)  # before looking: from here on, no notice is missed
                client.when_gone(self._gone)
                found = await sessions.check(self._chat, session=session)
                if member.session is session:  # otherwise a notice has said since what its account is
                    member.session = found
                followed = await channels.list_followed(self._chat, by=member.account)
                member.followed = {
                    channel: _after(last_seq, asked.cursors.get(channel)) for channel, last_seq in followed.items()
                }
                await self._guests.arrived(member)
            if member.ended:
                raise Unauthenticated("The session is over; sign in again")
        except ChatError as error:
            self._gone(client)
            raise ConnectRefused(error.detail, data=msgspec.to_builtins(Refusal.of(error))) from None
        self._spawn(self._welcome(member))

    def _check_room(self, account: Account) -> None:
        if self._members.count(account.id) >= MOST_CONNECTIONS:
            told = f"{MOST_CONNECTIONS} live connections of yours are open; close one of them"
            raise TooMany(told, retry_after=CONNECT_AGAIN)

    async def _session(self, client: Client, asked: Auth) -> Session:
        headers = client.request.headers
        token = asked.token or bearer(headers)
        if token is None:
            token = cookie(client.request.cookies, ACCESS_COOKIE)
            if token is None:
                raise Unauthenticated("not signed in: neither auth.token nor a cookie came with the connection")
            if not is_ours(headers.get("origin", ""), headers.get("host", ""), self._origins):
                raise Unauthenticated("a cookie counts from our own page only: the origin is not ours")
        forwarded = client.request.header("x-forwarded-for") or ""
        address = self._proxies.client_of(client.request.remote, forwarded=forwarded)
        return await sessions.authenticate(self._chat, access_token=token, address=address)

    async def _welcome(self, member: Member) -> None:
        client, account = member.client, member.account
        self._attendance.arrived(member)
        self._admit(member)
        client.emit("ready", Ready(account.id, self._chat.settings.instance, client.sid, account.role))
        reached = await self._following.begin(member)
        client.emit("caught_up", {str(channel): seq for channel, seq in reached.items() if channel in member.followed})
        member.welcomed = True

    def _gone(self, client: Client) -> None:
        member = client.state
        if isinstance(member, Member):
            member.gone = True
            self._members.remove(member)
            self._guests.left(member)
            self._attendance.left(member)

    # Moving to another process, and from it.

    def _pack(self, client: Client) -> Any:
        presence, watched = self._attendance.of(client.state)
        return travelling.pack(client.state, presence=presence, watched=watched)

    def _unpack(self, client: Client, given: Any) -> None:
        client.state, taken = travelling.unpack(client, given)
        self._members.add(client.state)
        client.when_gone(self._gone)
        self._guests.moved(client.state, taken.seen)
        self._attendance.moved(client.state, taken.presence, taken.watched)
        client.emit("moved", Moved(self._chat.settings.instance))
        if self._recheck_soon is None:  # what was said of it on its way reached nobody: one question for all that came
            self._recheck_soon = asyncio.get_running_loop().call_later(MOVED, self._recheck_moved)

    def _recheck_moved(self) -> None:
        self._recheck_soon = None
        self._recheck.set()

    # What other instances say, or could not say.

    def _heard(self, message: bytes) -> None:
        try:
            notice = read_notice(message)
        except msgspec.MsgspecError as error:
            logger.warning("a notice on %s is not understood: %s", NOTICES, error)
        else:
            self._take(notice)

    def _take(self, notice: Notice) -> None:
        if isinstance(notice, SessionEnded):
            for member in self._members.of_session(notice.session):
                self._end(member)
        elif isinstance(notice, AccountWasChanged):
            self._take_change(notice.account)
        elif isinstance(notice, ChannelWasChanged):
            self._tell_change(notice.channel)
        elif isinstance(notice, EntriesErased):
            self._durable.forget(room_of(notice.channel))
        elif isinstance(notice, Personal):
            self._emit(notice.account, notice.event, notice.payload)
        elif isinstance(notice, ChannelWasRead):
            self._emit(notice.account, "channel.read", ChannelRead(notice.channel, notice.back))
        elif self._members.of_account(notice.account) or self._guests.concerns(notice):
            self._doubtful[notice.account, notice.channel] = None
            if self._looking is None or self._looking.done():
                self._looking = self._spawn(self._look())

    def _emit(self, account_id: int, event: str, payload: object) -> None:
        for member in self._members.of_account(account_id):
            member.client.emit(event, payload)

    def _take_change(self, account: Account) -> None:
        self._guests.tell(account)
        for member in self._members.of_account(account.id):
            self._is_now(member, account)

    def _find_changed(self, member: Member, account: Account) -> None:
        """Nobody said so: its account may be another by now."""
        if msgspec.structs.replace(account, scopes=member.account.scopes) != member.account:
            member.client.emit("account.changed", AccountChanged(account))
            self._is_now(member, account)

    def _is_now(self, member: Member, account: Account) -> None:
        """Have the connection be of its account as it is kept."""
        if account.deactivated:
            self._end(member)
            return
        changed = msgspec.structs.replace(account, scopes=member.account.scopes)
        member.session = msgspec.structs.replace(member.session, account=changed)
        self._admit(member)
        if self._guests.changed(member):
            self._spawn(self._unless_unavailable(self._guests.look()))

    def _admit(self, member: Member) -> None:
        """Have the connection in the rooms of what its account may see, and in no other of them."""
        for room, act in ((BROWSERS, Act.SEE_CHANNELS), (ONLOOKERS, Act.SEE_STRANGERS)):
            if may(member.account, act):
                member.client.join(room)
            else:
                member.client.leave(room)

    def _tell_change(self, channel: Channel) -> None:
        public = channel.kind is ChannelKind.PUBLIC
        for member in self._members:
            if channel.id in member.followed or (public and may(member.account, Act.SEE_CHANNELS)):
                member.client.emit("channel.changed", ChannelChanged(channel))

    async def _look(self) -> None:
        while self._doubtful:
            account_id, channel_id = next(iter(self._doubtful))
            del self._doubtful[account_id, channel_id]
            for member in self._members.of_account(account_id):
                await self._unless_unavailable(self._following.align(member, channel_id))
            await self._unless_unavailable(self._guests.look(account=account_id, channel=channel_id))

    def _end(self, member: Member) -> None:
        self._members.remove(member)
        if member.client.connected and not member.client.let_in:
            member.ended = True  # its connect handler refuses it: before that it cannot be told
            return
        member.client.emit("session.ended", Ended())
        member.client.disconnect("session ended")

    async def _recheck_in_time(self) -> None:
        looked = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(AWAY):
                    await self._recheck.wait()
            except TimeoutError:
                if self._backplane.healthy and time.monotonic() - looked < ALWAYS:
                    continue  # notices come in: nothing to look for
            self._recheck.clear()
            looked = time.monotonic()
            try:
                await self._unless_unavailable(self._recheck_all())
            except Exception:  # a fault of ours, told; the next look is as likely to find what is over
                logger.exception("live connections: looking them up again failed")

    async def _recheck_all(self) -> None:
        asked = {member: member.session for member in self._members}
        if not asked:
            return
        standing = await sessions.standing(self._chat, sessions=list(asked.values()))
        for member, session in asked.items():
            if member.gone:
                continue
            if session.id not in standing.sessions:
                self._end(member)
                continue
            if member.session is session:  # otherwise a notice has said since what its account is
                self._find_changed(member, standing.accounts[member.account.id])
            for channel_id in member.followed.keys() ^ standing.channels[member.account.id]:
                await self._following.align(member, channel_id)
        await self._guests.look()

    async def _unless_unavailable(self, look: Awaitable[None]) -> None:
        try:
            await look
        except ChatError as error:
            logger.warning("memberships of live connections are looked up again later: %s", error)
            asyncio.get_running_loop().call_later(AWAY, self._recheck.set)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("live connections: a task failed", exc_info=error)


def _read_auth(auth: Any) -> Auth:
    try:
        return msgspec.convert({} if auth is None else auth, Auth, str_keys=True)
    except msgspec.ValidationError as error:
        raise Invalid(f"auth: {error}") from None


def _after(last_seq: int, cursor: int | None) -> int:
    """A cursor beyond the end is none of ours; it counts as the end."""
    return last_seq if cursor is None else min(cursor, last_seq)


def _may_move(client: Client) -> bool:
    return travelling.is_ready(client.state)
