"""What every store promises of edits, deletes, reactions, threads and mentions, on SQLite and on PostgreSQL."""

import asyncio
import random
from uuid import UUID, uuid4

import msgspec
import pytest

from chorus.chat.domain.entries import (
    LARGEST_THREAD,
    MOST_EDITS,
    MOST_EMOJI,
    EntryKind,
    HistoryPage,
    NewEntry,
    Reaction,
)
from chorus.chat.domain.errors import Invalid, NotFound
from chorus.chat.domain.projection import followed, snapshot_of
from chorus.chat.storage.queries import entries as entry_queries
from contracts.stores import sign_up

POSTED, EDITED, DELETED = EntryKind.POSTED, EntryKind.EDITED, EntryKind.DELETED
REACTED, UNREACTED = EntryKind.REACTED, EntryKind.UNREACTED
PINNED, UNPINNED = EntryKind.PINNED, EntryKind.UNPINNED


async def add(store, sender, kind=POSTED, text="", *, client_id=None, channel=1, **fields):
    html = f"<p>{text}</p>" if text else ""
    new = NewEntry(channel, kind, 2000, sender.id, client_id or uuid4(), text, html, **fields)
    return (await store.append(new)).entry


async def counts(store, account, channel=1):
    found = await store.joined_channel(account.id, channel)
    return found.unread, found.mentions


# Changes


async def test_an_edited_message_has_its_new_text_and_keeps_the_old_ones(store, ada):
    """Row 9: edits with history."""
    await add(store, ada, text="tea?")
    line = await add(store, ada, EDITED, "coffee?", target=1)
    await add(store, ada, EDITED, "water?", target=1)

    message = await store.message(ada.id, 1, 1)
    assert (line.seq, line.target, message.text, message.edited_at) == (2, 1, "water?", "1970-01-01T00:00:02.000Z")
    assert [edit.text for edit in await store.edits(ada.id, 1, 1)] == ["tea?", "coffee?", "water?"]
    assert [entry.text for entry in await store.read(1, after=0, limit=9)] == ["tea?", "coffee?", "water?"]


async def test_a_deleted_messages_text_is_in_no_answer_any_more(store, ada, bob):
    """Row 9: deletes."""
    await add(store, ada, text="secret one")
    await add(store, ada, EDITED, "secret two", target=1)
    await add(store, bob, REACTED, target=1, emoji="👍")
    await add(store, ada, DELETED, target=1)

    answers = [
        await store.message(bob.id, 1, 1),
        *(await store.history(bob.id, 1, limit=9)).entries,
        *await store.read(1, after=0, limit=9),
        *await store.edits(bob.id, 1, 1),
        await store.thread(bob.id, 1, 1),
    ]
    assert "secret" not in repr(answers)
    assert (answers[0].deleted, answers[0].reactions, answers[0].edited_at) == (True, (), None)


async def test_a_reaction_stands_once_for_each_account_and_emoji(store, ada, bob):
    """Row 9: reactions."""
    await add(store, ada, text="hi")
    await add(store, bob, REACTED, target=1, emoji="👍")
    again = await store.append(NewEntry(1, REACTED, 1, bob.id, uuid4(), target=1, emoji="👍"))
    await add(store, ada, REACTED, target=1, emoji="🎉")
    await add(store, ada, REACTED, target=1, emoji="👍")
    await add(store, bob, UNREACTED, target=1, emoji="👍")

    assert (again.repeated, again.entry.kind, again.entry.seq) == (True, POSTED, 1)
    assert (await store.message(ada.id, 1, 1)).reactions == (Reaction("👍", (1,)), Reaction("🎉", (1,)))
    assert await store.positions([1]) == {1: 5}


async def test_a_change_asked_for_again_is_done_once_on_any_instance(store, other, ada):
    """Row 9, as row 8: the same client id is the same change."""
    await add(store, ada, text="hi")
    client_id = UUID(int=7)
    results = await asyncio.gather(
        *(one.append(NewEntry(1, EDITED, 1, ada.id, client_id, "ho", "ho", target=1)) for one in [store, other] * 5)
    )

    assert {result.entry.seq for result in results} == {2}
    assert sum(not result.repeated for result in results) == 1


async def test_what_is_stored_in_one_go_counts_for_what_follows_in_it(store, ada, bob):
    """Row 9: a message that is changed, replied to and pinned together with its sending."""

    def append(kind=POSTED, text="", **fields):
        return store.append(NewEntry(1, kind, 2000, ada.id, uuid4(), text, text, **fields))

    await asyncio.gather(
        append(text="root"),
        append(text="one", thread=1),
        append(REACTED, target=1, emoji="👍"),
        append(EDITED, "Root", target=1, mentions=(bob.id,)),
        append(text="two", thread=1),
        append(PINNED, target=1),
        append(UNPINNED, target=1),
        append(text="second"),
        append(PINNED, target=8),
        append(PINNED, target=1),
        append(PINNED, target=2),
        append(UNPINNED, target=2),
        append(DELETED, target=2),
    )

    root = await store.message(bob.id, 1, 1)
    assert (root.text, root.reply_count, root.reactions, root.pinned) == ("Root", 1, (Reaction("👍", (1,)),), True)
    assert [each.text for each in await store.pins(ada.id, 1)] == ["Root", "second"]
    assert await counts(store, bob) == (2, 1)


@pytest.mark.parametrize("kind", [EDITED, REACTED])
async def test_a_deleted_message_changes_no_more_and_is_deleted_once(store, ada, kind):
    await add(store, ada, text="hi")
    await add(store, ada, DELETED, target=1)
    again = await store.append(NewEntry(1, DELETED, 1, ada.id, uuid4(), target=1))

    assert again.repeated
    with pytest.raises(NotFound, match="deleted"):
        await add(store, ada, kind, "x", target=1, emoji="👍")


async def test_what_is_not_a_message_is_not_changed(store, ada):
    await add(store, ada, text="hi")
    await add(store, ada, REACTED, target=1, emoji="👍")

    for target in (2, 99):
        with pytest.raises(NotFound, match=f"no message {target}"):
            await add(store, ada, REACTED, target=target, emoji="👍")
    with pytest.raises(NotFound):
        await store.message(ada.id, 1, 2)


async def test_whoever_is_not_in_the_channel_changes_and_sees_nothing(store, ada, bob):
    """Row 6: scoped by membership."""
    await add(store, ada, text="hi")
    await store.leave_channel(bob.id, 1)

    with pytest.raises(NotFound):
        await add(store, bob, REACTED, target=1, emoji="👍")
    for asked in (store.message, store.thread, store.edits):
        with pytest.raises(NotFound):
            await asked(bob.id, 1, 1)


async def test_a_message_has_a_bound_of_different_emoji(store, ada, bob):
    await add(store, ada, text="hi")
    for n in range(MOST_EMOJI):
        await add(store, ada, REACTED, target=1, emoji=chr(0x1F400 + n))

    with pytest.raises(Invalid, match="50 different"):
        await add(store, ada, REACTED, target=1, emoji="🚀")
    await add(store, bob, REACTED, target=1, emoji=chr(0x1F400))  # one that is there already
    assert (await store.message(bob.id, 1, 1)).reactions[0] == Reaction(chr(0x1F400), (ada.id, bob.id))


# Threads


async def test_a_root_counts_its_replies_and_a_deleted_one_no_more(store, ada, bob):
    """Row 9: threads, replies shown with a count."""
    await add(store, ada, text="root")
    for text in "abc":
        await add(store, bob, text=text, thread=1)
    line = await add(store, bob, DELETED, target=3)

    thread = await store.thread(ada.id, 1, 1)
    assert (thread.root.reply_count, [reply.text for reply in thread.replies], thread.as_of) == (2, ["a", "c"], 5)
    assert (line.target, line.thread) == (3, 1)


async def test_a_reply_needs_a_root_that_is_none_itself(store, ada):
    await add(store, ada, text="root")
    await add(store, ada, text="reply", thread=1)

    with pytest.raises(Invalid, match="itself a reply, in thread 1"):
        await add(store, ada, text="x", thread=2)
    with pytest.raises(NotFound):
        await add(store, ada, text="x", thread=99)


async def test_nobody_replies_to_a_message_that_is_deleted_and_its_replies_stay(store, ada):
    """Row 9."""
    await add(store, ada, text="root")
    await add(store, ada, text="reply", thread=1)
    await add(store, ada, DELETED, target=1)

    with pytest.raises(NotFound, match="reply to is deleted"):
        await add(store, ada, text="too late", thread=1)

    thread = await store.thread(ada.id, 1, 1)
    assert (thread.root.deleted, [reply.text for reply in thread.replies]) == (True, ["reply"])


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the statements are the same
async def test_an_answer_has_the_newest_of_many_replies_and_wordings(store, ada):
    """Row 9, bounded: the first wording is always among them."""
    await add(store, ada, text="root")
    await asyncio.gather(*(add(store, ada, text=f"{n}", thread=1) for n in range(LARGEST_THREAD + 2)))
    await asyncio.gather(*(add(store, ada, EDITED, f"{n}", target=1) for n in range(MOST_EDITS + 2)))

    thread = await store.thread(ada.id, 1, 1)
    edits = await store.edits(ada.id, 1, 1)

    assert thread.root.reply_count == LARGEST_THREAD + 2
    assert [reply.text for reply in thread.replies] == [f"{n}" for n in range(2, LARGEST_THREAD + 2)]
    assert [edit.text for edit in edits] == ["root", *(f"{n}" for n in range(3, MOST_EDITS + 2))]


async def test_an_answer_has_as_many_of_the_newest_replies_as_go_into_it(store, ada, monkeypatch):
    monkeypatch.setattr(entry_queries, "MOST_BYTES", 2000)
    await add(store, ada, text="root")
    for number in range(4):
        await add(store, ada, text=f"{number}" * 400, thread=1)

    thread = await store.thread(ada.id, 1, 1)

    assert (thread.root.reply_count, [reply.text[0] for reply in thread.replies]) == (4, ["2", "3"])


# Unread and mentions


async def test_unread_counts_messages_and_neither_changes_nor_replies_nor_what_is_deleted(store, ada, bob):
    """Row 10: unread counts."""
    await add(store, ada, text="one")
    await add(store, ada, text="two")
    await add(store, ada, EDITED, "One", target=1)
    await add(store, ada, REACTED, target=2, emoji="👍")
    await add(store, ada, text="reply", thread=1)
    await add(store, ada, text="three")
    assert await counts(store, bob) == (3, 0)

    await add(store, ada, DELETED, target=2)
    assert await counts(store, bob) == (2, 0)

    read = await store.mark_read(bob.id, 1, 2)
    assert (read.read_seq, read.unread) == (2, 1)
    await store.mark_read(bob.id, 1, 99)
    assert await counts(store, bob) == (0, 0)

    back = await store.mark_read(bob.id, 1, 0, back=True)
    assert (back.read_seq, back.unread) == (0, 2)


async def test_a_senders_own_message_is_read_and_so_is_what_came_before(store, ada, bob):
    """Row 10: the sender's own send advances their read position; a reply does not."""
    await add(store, ada, text="one")
    await add(store, bob, text="reply", thread=1)
    assert await counts(store, bob) == (1, 0)

    await add(store, bob, text="two")
    assert await counts(store, bob) == (0, 0)
    assert await counts(store, ada) == (1, 0)


async def test_mentions_are_counted_until_they_are_read_edited_away_or_deleted(store, ada, bob):
    """Row 10: mention counts."""
    for mentions in ((bob.id,), (0,), (bob.id, 0), (ada.id,), ()):
        await add(store, ada, text="x", mentions=mentions)
    await add(store, bob, text="everybody!", mentions=(0,), thread=1)
    assert await counts(store, bob) == (5, 3)

    dropped = await add(store, ada, EDITED, "nobody", target=1)
    await add(store, ada, EDITED, "bob after all", target=5, mentions=(bob.id,))
    assert (dropped.unmentions, await counts(store, bob)) == ((bob.id,), (5, 3))
    gone = await add(store, ada, DELETED, target=2)
    assert (gone.unmentions, await counts(store, bob)) == ((0,), (4, 2))

    await store.mark_read(bob.id, 1, 3)
    assert await counts(store, bob) == (2, 1)


async def test_handles_are_looked_up_as_they_are_compared(store, ada, bob):
    assert await store.accounts_called({"ada", "bob", "eve"}) == {"ada": ada.id, "bob": bob.id}
    assert await store.accounts_called([]) == {}


async def test_unread_and_mentions_are_exact_after_any_sequence(store, other, ada, bob):
    """Row 10: exact after any sequence of sends, edits, deletes and reads, against a count of everything."""
    await play(store, other, [ada, bob], random.Random(5), steps=150, marks=True)

    for account in (ada, bob):
        read = (await store.joined_channel(account.id, 1)).read_seq
        entries = (await store.history(account.id, 1, after=read, limit=1000)).entries
        live = [entry for entry in entries if entry.kind is POSTED and not entry.deleted]
        unread = sum(not entry.thread for entry in live)
        called = sum(bool({0, account.id} & set(e.mentions)) and e.sender != account.id for e in live)
        assert await counts(store, account) == (unread, called)


# The projection


def read_back(page):
    """What whoever gets a page as JSON reads in it."""
    return msgspec.json.decode(msgspec.json.encode(page), type=HistoryPage)


async def play(store, other, people, chance, *, steps, marks=False):
    """Do anything to anything, by anybody, on either instance."""
    for step in range(steps):
        one, who = chance.choice([store, other]), chance.choice(people)
        kind = chance.choice([POSTED, POSTED, POSTED, EDITED, DELETED, REACTED, REACTED, UNREACTED])
        seq = chance.randint(1, step + 1)
        fields = {"target": seq} if kind is not POSTED else {"thread": seq if chance.random() < 0.4 else 0}
        if kind in (REACTED, UNREACTED):
            fields["emoji"] = chance.choice("👍🎉")
        if kind in (POSTED, EDITED):
            fields |= {"text": f"text {step}", "mentions": tuple(chance.sample([0, *(p.id for p in people)], k=1))}
        try:
            await add(one, who, kind, **fields)
        except (NotFound, Invalid):
            continue  # there was nothing to do it to
        finally:
            if marks and chance.random() < 0.1:
                await one.mark_read(who.id, 1, chance.randint(0, step), back=True)


@pytest.mark.parametrize("seed", range(3))
async def test_a_page_of_any_moment_and_what_follows_is_what_the_whole_log_makes(store, other, ada, bob, seed):
    """Row 9, row 19: a client that loaded a page ends where one is that followed from the start."""
    eve = await sign_up(store, "eve")
    chance = random.Random(seed)
    pages = []
    for _ in range(6):
        await play(store, other, [ada, bob, eve], chance, steps=20)
        pages.append(await store.history(ada.id, 1, after=0, limit=1000))
        for each in (store, other, store):  # with nothing kept of the newest, and with everything
            assert read_back(await each.written_history(ada.id, 1, after=0, limit=1000)) == pages[-1]

    log = await store.read(1, after=0, limit=1000)
    whole = {seq: known.message for seq, known in followed({}, log).items()}
    assert whole == {e.seq: e for e in pages[-1].entries if e.kind is POSTED}
    for page in pages:
        ends = followed(snapshot_of(page.entries, page.as_of), [line for line in log if line.seq > page.as_of])
        assert {seq: known.message for seq, known in ends.items()} == whole
