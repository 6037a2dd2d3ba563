"""What every store promises (chat/storage/contract.py), on SQLite and on PostgreSQL."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from uuid import UUID, uuid4

import pytest

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.channels import Channel
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import Conflict, DatabaseUnavailable, Forbidden, NotFound
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from contracts.stores import DATABASES, sign_up

HOUR = 3_600_000


def posted(sender, text="hi", *, channel=1, client_id=None):
    return NewEntry(channel, EntryKind.POSTED, 1000, sender.id, client_id or uuid4(), text, f"<p>{text}</p>")


async def post(store, sender, *texts, channel=1):
    for text in texts:
        await store.append(posted(sender, text, channel=channel))


# Accounts


async def test_the_first_account_owns_the_server_and_general_is_made_with_it(store):
    assert not await store.has_accounts()
    made = await store.create_account(handle="Ada", name="Ada L", password_hash="h", at=1, role=None)

    assert made.account == Account(made.account.id, "Ada", "Ada L", Role.OWNER)
    assert made.first
    assert [(c.name, c.member, c.members, c.last_seq) for c in made.joined] == [("general", True, 1, 0)]
    assert await store.has_accounts()


async def test_later_accounts_get_their_role_and_join_general_having_read_it(store, ada):
    await post(store, ada, "one", "two")
    made = await store.create_account(handle="bob", name="Bob", password_hash="h", at=1, role=Role.ADMIN)

    assert (made.account.role, made.first) == (Role.ADMIN, False)
    assert [(c.name, c.members, c.last_seq, c.read_seq) for c in made.joined] == [("general", 2, 2, 2)]


async def test_of_two_first_accounts_at_once_one_owns_the_server(store, other):
    made = await asyncio.gather(
        *(
            one.create_account(handle=f"u{n}", name="U", password_hash="h", at=1, role=Role.MEMBER)
            for n, one in enumerate([store, other] * 3)
        )
    )

    assert sorted(m.account.role for m in made) == ["member"] * 5 + ["owner"]
    assert [c.members for c in await store.channels(made[0].account.id, joined_only=False)] == [6]


async def test_a_handle_is_taken_in_any_case(store, ada):
    with pytest.raises(Conflict, match="@ADA is taken"):
        await sign_up(store, "ADA")

    assert await store.accounts() == [ada]


async def test_without_a_role_only_the_first_account_is_made(store, ada):
    with pytest.raises(Forbidden):
        await sign_up(store, "eve", role=None)
    with pytest.raises(Forbidden):
        await store.require_no_accounts()

    assert await store.accounts() == [ada]


async def test_credentials_are_found_by_handle_in_any_case(store, ada):
    found = await store.credentials("ADA")

    assert (found.account, found.password_hash) == (ada, "ada's")
    assert await store.credentials("eve") is None


async def test_a_password_hash_is_replaced(store, ada, bob):
    await store.set_password_hash(ada.id, "new")

    assert (await store.credentials("ada")).password_hash == "new"
    assert (await store.credentials("bob")).password_hash == "bob's"


# Sessions


async def open_session(store, account, session_id, *, at=0, lasting=HOUR):
    return await store.create_session(
        session_id=session_id, account_id=account.id, refresh_hash=b"first", at=at, expires_at=at + lasting
    )


async def test_a_session_says_whose_it_is_until_it_expires(store, ada):
    assert await open_session(store, ada, "s") == []

    found = await store.session("s", at=HOUR - 1)
    assert (found.id, found.account, found.expires_at) == ("s", ada, HOUR)
    assert await store.session("s", at=HOUR) is None
    assert await store.session("other", at=0) is None


async def test_a_session_that_ended_is_gone(store, ada):
    await open_session(store, ada, "s")

    assert await store.end_session("s")
    assert not await store.end_session("s")
    assert await store.session("s", at=1) is None


async def test_rotation_takes_the_newest_hash_once_and_moves_the_expiry(store, ada):
    await open_session(store, ada, "s")
    rotated = await store.rotate_session(
        "s", old_hash=b"first", new_hash=b"second", again_since=0, at=5, expires_at=2 * HOUR
    )

    assert (rotated.account, rotated.expires_at) == (ada, 2 * HOUR)
    assert (
        await store.rotate_session("s", old_hash=b"first", new_hash=b"x", again_since=0, at=6, expires_at=HOUR) is None
    )
    assert (
        await store.rotate_session("s", old_hash=b"second", new_hash=b"third", again_since=0, at=7, expires_at=HOUR)
        is not None
    )


async def test_the_same_rotation_again_has_the_same_answer_for_a_while(store, ada):
    await open_session(store, ada, "s")
    asked = {"old_hash": b"first", "new_hash": b"second", "expires_at": 2 * HOUR}
    rotated = await store.rotate_session("s", **asked, at=5, again_since=0)

    assert await store.rotate_session("s", **asked, at=6, again_since=4) == rotated
    assert await store.rotate_session("s", **asked, at=7, again_since=5) is None


async def test_what_stands_of_many_sessions_and_accounts_comes_in_one_answer(store, ada, bob):
    await open_session(store, ada, "over")
    await open_session(store, ada, "s", lasting=2 * HOUR)
    await store.leave_channel(bob.id, 1)
    many = {f"none{n}" for n in range(2500)}
    found = await store.standing({"over", "s", *many}, {ada.id, bob.id}, at=HOUR)

    assert found.sessions == {"s"}
    assert found.channels == {ada.id: {1}, bob.id: set()}


async def test_a_client_id_is_known_once_its_entry_is_stored(store, ada, bob):
    client_id = uuid4()
    assert not await store.knows(ada.id, client_id)
    await store.append(posted(ada, client_id=client_id))

    assert await store.knows(ada.id, client_id)
    assert not await store.knows(bob.id, client_id)


async def test_an_expired_session_is_not_rotated(store, ada):
    await open_session(store, ada, "s")

    assert (
        await store.rotate_session("s", old_hash=b"first", new_hash=b"x", again_since=0, at=HOUR, expires_at=2 * HOUR)
        is None
    )


async def test_of_many_rotations_at_once_one_succeeds(store, other, ada):
    await open_session(store, ada, "s")
    results = await asyncio.gather(
        *(
            one.rotate_session("s", old_hash=b"first", new_hash=b"%d" % n, again_since=0, at=5, expires_at=HOUR)
            for n, one in enumerate([store, other] * 4)
        )
    )

    assert sum(result is not None for result in results) == 1


async def test_an_account_keeps_100_sessions_and_the_one_longest_unused_gives_way(store, ada, bob):
    await open_session(store, bob, "bobs", lasting=10 * HOUR)
    for n in range(100):
        assert await open_session(store, ada, f"s{n:03}", at=n) == []
    await store.rotate_session("s000", old_hash=b"first", new_hash=b"x", again_since=0, at=500, expires_at=HOUR)

    assert await open_session(store, ada, "new", at=1000) == ["s001"]
    assert await store.session("s000", at=1000) is not None
    assert await store.session("bobs", at=1000) is not None


async def test_expired_sessions_give_way_to_a_new_one(store, ada):
    await open_session(store, ada, "old")

    assert await open_session(store, ada, "new", at=HOUR) == ["old"]


# Channels


async def test_a_channel_begins_with_its_creator(store, ada, bob):
    made = await store.create_channel(name="tea", topic="Hot", creator=bob.id, at=1)

    assert made == Channel(made.id, "tea", "Hot", last_seq=0, read_seq=0, member=True, members=1, creator=bob.id)
    assert [(c.name, c.member) for c in await store.channels(ada.id, joined_only=False)] == [
        ("general", True),
        ("tea", False),
    ]
    assert [c.name for c in await store.channels(ada.id, joined_only=True)] == ["general"]


async def test_a_channel_name_is_taken_once(store, ada):
    with pytest.raises(Conflict, match="#general exists already"):
        await store.create_channel(name="general", topic="", creator=ada.id, at=1)


async def test_joining_counts_once_and_what_was_said_before_is_read(store, ada, bob):
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    await post(store, ada, "one", channel=tea.id)
    first = await store.join_channel(bob.id, tea.id, at=2)
    await post(store, ada, "two", channel=tea.id)
    again = await store.join_channel(bob.id, tea.id, at=3)

    assert first == Channel(tea.id, "tea", "", last_seq=1, read_seq=1, member=True, members=2, creator=ada.id)
    assert again == Channel(tea.id, "tea", "", last_seq=2, read_seq=1, member=True, members=2, unread=1, creator=ada.id)


async def test_leaving_counts_once_and_closes_the_channel(store, ada, bob):
    await store.leave_channel(bob.id, 1)
    await store.leave_channel(bob.id, 1)

    assert [(c.member, c.members) for c in await store.channels(bob.id, joined_only=False)] == [(False, 1)]
    with pytest.raises(NotFound):
        await store.joined_channel(bob.id, 1)
    with pytest.raises(NotFound):
        await store.history(bob.id, 1, limit=10)
    with pytest.raises(NotFound):
        await store.append(posted(bob))
    with pytest.raises(NotFound):
        await store.mark_read(bob.id, 1, 1)


async def test_a_channel_that_does_not_exist_is_not_found(store, ada):
    for call in (
        store.joined_channel(ada.id, 99),
        store.join_channel(ada.id, 99, at=1),
        store.leave_channel(ada.id, 99),
        store.mark_read(ada.id, 99, 1),
        store.history(ada.id, 99, limit=1),
        store.append(posted(ada, channel=99)),
    ):
        with pytest.raises(NotFound):
            await call


async def test_joining_and_leaving_at_once_keeps_the_count_right(store, other, ada):
    people = [await sign_up(store, f"p{n}") for n in range(6)]
    await asyncio.gather(
        *(one.leave_channel(person.id, 1) for person in people for one in (store, other)),
        *(one.append(posted(ada)) for one in (store, other) for _ in range(10)),
    )
    await asyncio.gather(*(one.join_channel(person.id, 1, at=1) for person in people[:3] for one in (store, other)))

    assert (await store.joined_channel(ada.id, 1)).members == 4


async def test_the_read_position_moves_forward_only_and_not_past_the_end(store, ada, bob):
    await post(store, ada, "one", "two", "three")
    seen = []
    for seq in (2, 1, 99):
        await store.mark_read(bob.id, 1, seq)
        seen.append((await store.joined_channel(bob.id, 1)).read_seq)

    assert seen == [2, 2, 3]


async def test_the_overview_has_everybody_and_what_this_account_may_see(store, ada, bob):
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    await post(store, ada, "one", channel=tea.id)
    everything = await store.overview(bob.id, joined_only=False)
    own = await store.overview(bob.id, joined_only=True)

    assert list(everything.accounts) == list(own.accounts) == [ada, bob]
    assert [(c.name, c.last_seq, c.member) for c in everything.channels] == [("general", 0, True), ("tea", 1, False)]
    assert [c.name for c in own.channels] == ["general"]


# The log


async def test_an_entry_gets_the_next_number_of_its_channel(store, ada):
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    given = [(await store.append(posted(ada, channel=channel))).entry.seq for channel in (1, tea.id, 1, 1, tea.id)]

    assert given == [1, 1, 2, 3, 2]
    assert await store.positions([1, tea.id, 99]) == {1: 3, tea.id: 2}


async def test_an_entry_is_read_as_it_was_stored(store, ada):
    new = posted(ada, "ünï 👋\n`x`")
    appended = await store.append(new)
    (entry,) = await store.read(1, after=0, limit=10)

    assert entry == appended.entry
    assert (entry.channel, entry.kind, entry.at, entry.sender) == (
        1,
        EntryKind.POSTED,
        "1970-01-01T00:00:01.000Z",
        ada.id,
    )
    assert (entry.client_id, entry.text, entry.html) == (new.client_id, new.text, new.html)


async def test_the_same_client_id_again_is_the_first_ones_entry(store, other, ada, bob):
    client_id = UUID(int=5)
    first = await store.append(posted(ada, "first", client_id=client_id))
    again = [await one.append(posted(ada, "second", client_id=client_id)) for one in (store, other)]
    bobs = await store.append(posted(bob, "bob's", client_id=client_id))

    assert [(a.entry, a.repeated) for a in again] == [(first.entry, True)] * 2
    assert (first.repeated, bobs.repeated, bobs.entry.seq) == (False, False, 2)


async def test_the_same_client_id_on_two_instances_at_once_is_one_entry(store, other, ada):
    for round_ in range(10):
        client_id = uuid4()
        results = await asyncio.gather(
            *(one.append(posted(ada, client_id=client_id)) for one in (store, other) for _ in range(5)),
            *(one.append(posted(ada)) for one in (store, other) for _ in range(5)),
        )
        same = results[:10]

        assert {result.entry.seq for result in same} == {same[0].entry.seq}
        assert sum(not result.repeated for result in same) == 1
        assert await store.positions([1]) == {1: 11 * (round_ + 1)}


async def test_a_refused_entry_takes_no_number_and_no_neighbour_with_it(store, ada, bob):
    await store.leave_channel(bob.id, 1)
    results = await asyncio.gather(
        *(
            store.append(posted(sender, channel=c))
            for sender, c in [(ada, 1), (bob, 1), (ada, 99), (ada, 1), (bob, 1)] * 4
        ),
        return_exceptions=True,
    )
    stored = [r.entry.seq for r in results if not isinstance(r, Exception)]

    assert sorted(stored) == list(range(1, 9))
    assert [type(r) for r in results if isinstance(r, Exception)] == [NotFound] * 12


async def test_senders_order_is_kept_within_a_process(store, ada):
    results = await asyncio.gather(*(store.append(posted(ada, str(n))) for n in range(300)))

    assert [result.entry.seq for result in results] == list(range(1, 301))


@pytest.mark.parametrize(
    ("asked", "seqs", "first", "last"),
    [
        ({}, [7, 8, 9], False, True),
        ({"before": 5}, [2, 3, 4], False, False),
        ({"before": 3}, [1, 2], True, False),
        ({"before": 1}, [], True, False),
        ({"before": 0}, [], True, False),
        ({"before": 1000}, [7, 8, 9], False, True),
        ({"after": 0}, [1, 2, 3], True, False),
        ({"after": 7}, [8, 9], False, True),
        ({"after": 9}, [], False, True),
        ({"after": 2**53 - 1}, [], False, True),
        ({"around": 5}, [4, 5, 6], False, False),
        ({"around": 1}, [1, 2, 3], True, False),
        ({"around": 9}, [8, 9], False, True),
    ],
)
async def test_history_gives_the_stretch_that_was_asked_for(store, ada, asked, seqs, first, last):
    await post(store, ada, *"abcdefghi")
    page = await store.history(ada.id, 1, limit=3, **asked)

    assert ([entry.seq for entry in page.entries], page.first, page.last) == (seqs, first, last)


async def test_the_history_of_an_empty_channel_is_its_whole(store, ada):
    page = await store.history(ada.id, 1, limit=50)

    assert (list(page.entries), page.first, page.last) == ([], True, True)


async def test_reading_after_a_position_gives_at_most_the_limit(store, ada):
    await post(store, ada, *"abcde")

    assert [e.seq for e in await store.read(1, after=1, limit=3)] == [2, 3, 4]
    assert [e.seq for e in await store.read(1, after=4, limit=3)] == [5]
    assert list(await store.read(99, after=0, limit=3)) == []


async def test_positions_of_many_channels_come_in_one_answer(store, ada):
    await post(store, ada, "a")

    assert await store.positions(range(1, 2000)) == {1: 1}
    assert await store.positions([]) == {}


# The connection


async def test_a_ping_says_how_long_the_answer_took(store):
    assert 0 < await store.ping() < 5


async def test_a_closed_store_says_so(store):
    await store.close()

    with pytest.raises(DatabaseUnavailable, match="closed"):
        await store.ping()


async def test_more_calls_than_connections_wait_for_their_turn(url, store, ada):
    narrow = open_store(DatabaseSettings(url=url, connection_limit=2))
    await narrow.start()
    pages = await asyncio.gather(*(narrow.history(ada.id, 1, limit=10) for _ in range(200)))
    await narrow.close()

    assert len(pages) == 200


# Processes


def _send(url, account_id, senders, messages):
    """In its own process: `senders` tasks send `messages` each into two channels; returns what was acknowledged."""

    async def send():
        store = open_store(DatabaseSettings(url=url))
        await store.start()

        async def sender(n):
            for _ in range(messages):
                channel = 1 + n % 2
                entry = NewEntry(channel, EntryKind.POSTED, 1, account_id, uuid4(), "x", "x")
                appended = await store.append(entry)
                acknowledged.append((channel, appended.entry.seq, entry.client_id))

        acknowledged = []
        await asyncio.gather(*(sender(n) for n in range(senders)))
        await store.close()
        return acknowledged

    return asyncio.run(send())


def _start(url):
    """In a process of its own: open and close the store; returns the positions."""

    async def begin():
        store = open_store(DatabaseSettings(url=url))
        await store.start()
        found = await store.has_accounts()
        await store.close()
        return found

    return asyncio.run(begin())


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.processes
async def test_two_processes_with_50_senders_each_leave_no_gap_and_lose_nothing(url, store, ada, processes):
    await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    loop = asyncio.get_running_loop()
    acknowledged = await asyncio.gather(
        *(loop.run_in_executor(processes, _send, url, ada.id, 50, 10) for _ in range(2))
    )
    told = sorted(line for lines in acknowledged for line in lines)
    kept = [
        (e.channel, e.seq, e.client_id) for channel in (1, 2) for e in await store.read(channel, after=0, limit=1000)
    ]

    assert [(channel, seq) for channel, seq, _ in told] == [(c, seq) for c in (1, 2) for seq in range(1, 501)]
    assert kept == told


@pytest.fixture(params=DATABASES)
def empty_url(request, tmp_path):
    """A database without tables."""
    return f"sqlite:///{tmp_path}/chat.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.mark.processes
async def test_four_processes_that_start_together_make_the_schema_once(empty_url, processes):
    loop = asyncio.get_running_loop()
    found = await asyncio.gather(*(loop.run_in_executor(processes, _start, empty_url) for _ in range(4)))

    assert found == [False] * 4


async def test_what_a_live_connection_follows_is_told_with_its_end(store, ada, bob):
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    await post(store, ada, "one", channel=tea.id)

    assert (await store.followed(ada.id))[tea.id] == 1
    assert tea.id not in await store.followed(bob.id)
    assert await store.followed(404) == {}


async def test_many_sessions_asked_for_at_once_each_get_their_answer(store, ada, bob):
    accounts = [ada, bob] * 150
    for number, account in enumerate(accounts):
        if number < 100:
            await open_session(store, account, f"s{number}")

    found = await asyncio.gather(*(store.session(f"s{number}", at=1) for number in range(len(accounts))))

    assert [session and session.account for session in found] == [*accounts[:100], *[None] * 200]


async def test_what_one_account_wrote_is_found_by_channel_and_in_pages(store, ada, bob):
    made = await store.create_channel(name="build", topic="", creator=ada.id, at=1)
    for number, (channel, sender) in enumerate([(1, ada), (1, bob), (1, ada), (made.id, ada)]):
        entry = NewEntry(channel, EntryKind.POSTED, 1, sender.id, uuid4(), text=f"{number}", html=f"<p>{number}</p>")
        await store.append(entry)

    assert set(await store.channels_with_entries_of(ada.id)) == {1, made.id}
    assert set(await store.channels_with_entries_of(bob.id)) == {1}
    pages = [await store.entries_of(ada.id, 1, after=after, limit=1) for after in (0, 1, 3)]
    assert [[entry.text for entry in page] for page in pages] == [["0"], ["2"], []]


async def test_some_accounts_are_found_by_their_ids(store, ada, bob):
    eve = await sign_up(store, "eve")

    assert await store.accounts_with({eve.id, ada.id, 99}) == [ada, eve]
    assert await store.accounts_with([]) == []


async def test_a_guest_is_given_those_who_share_a_channel_with_it_alone(store, ada, bob):
    """Row 2."""
    eve = await sign_up(store, "eve", role=Role.GUEST)
    gus = await sign_up(store, "gus", role=Role.GUEST)
    tea = await store.create_channel(name="tea", topic="", creator=ada.id, at=1)
    await store.add_member(ada.id, eve.id, tea.id, at=1)

    assert await store.accounts(seen_by=eve.id) == [ada, eve]
    assert await store.accounts(seen_by=gus.id) == [gus]
    assert (await store.overview(eve.id, joined_only=True, strangers=False)).accounts == [ada, eve]
    assert (await store.overview(eve.id, joined_only=True)).accounts == [ada, bob, eve, gus]
    assert await store.accounts_called({"ada", "bob", "eve"}, seen_by=eve.id) == {"ada": ada.id, "eve": eve.id}
    assert await store.people_in([1, tea.id, 99]) == {1: {ada.id, bob.id}, tea.id: {ada.id, eve.id}, 99: set()}
