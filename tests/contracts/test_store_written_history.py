"""What every store promises of pages as JSON: they say what pages say, whatever was kept of them before."""

from uuid import uuid4

import msgspec
import pytest
import sqlalchemy

from chorus.chat.domain.entries import EntryKind, HistoryPage, NewEntry
from chorus.chat.domain.errors import NotFound
from chorus.chat.domain.files import File
from chorus.chat.storage import written_history


async def add(store, sender, kind=EntryKind.POSTED, **more):
    return (await store.append(NewEntry(1, kind, more.pop("at", 1000), sender.id, uuid4(), **more))).entry


async def page(store, account, **where):
    written = await store.written_history(account.id, 1, **{"limit": 50, **where})
    read = msgspec.json.decode(msgspec.json.encode(written), type=HistoryPage)
    assert read == await store.history(account.id, 1, **{"limit": 50, **where})
    return b"".join(bytes(line) for line in written.entries).decode()


@pytest.mark.parametrize("where", [{}, {"before": 4}, {"after": 2}, {"around": 3}, {"after": 99}, {"before": 1}])
async def test_wherever_a_page_is_it_says_the_same_the_second_time(store, ada, where):
    """Row 11."""
    for number in range(6):
        await add(store, ada, text=f"text {number}", html=f"<p>text {number}</p>")

    assert await page(store, ada, limit=3, **where) == await page(store, ada, limit=3, **where)


async def test_what_is_done_to_a_message_on_another_instance_is_in_the_next_page(store, other, ada, bob):
    """Row 9."""
    first = await add(store, ada, text="first", html="first", mentions=(bob.id,))
    await page(store, ada)
    for change in (
        {"kind": EntryKind.EDITED, "text": "second", "html": "second"},
        {"kind": EntryKind.REACTED, "emoji": "👋"},
        {"kind": EntryKind.PINNED},
    ):
        await add(other, ada, target=first.seq, **change)
        await page(store, ada)
    await add(other, bob, text="a reply", thread=first.seq)
    found = await page(store, ada)

    assert "second" in found
    for part in ('"text":"first"', '"reply_count":0'):
        assert part not in found


async def test_a_text_that_was_deleted_on_another_instance_is_in_no_page_that_was_kept_here(store, other, ada):
    """Row 9: neither what the message was, nor what it was edited to, nor its files."""
    file = File("f" * 32, "secret.txt", "text/plain", 6)
    await store.add_file(ada.id, 1, file, at=1)
    message = await add(store, ada, text="a secret", html="a secret", files=(file,))
    await add(store, ada, EntryKind.EDITED, target=message.seq, text="another secret", html="another secret")
    kept = [await page(store, ada) for _ in range(2)]
    await add(other, ada, EntryKind.DELETED, target=message.seq)

    assert all("secret" in each for each in kept)
    for _ in range(2):
        assert "secret" not in await page(store, ada)


async def test_an_entry_that_another_one_took_the_place_of_is_not_taken_for_it(store, other, ada):
    """The database was put back to an earlier moment, and others went on from there."""
    await add(store, ada, text="before", at=1000)
    await page(store, ada)
    await other.database.write(lambda c: c.execute(sqlalchemy.text("UPDATE entries SET text = 'after', at = 2000")))

    assert "after" in await page(store, ada)


async def test_a_page_is_for_those_who_are_in_the_channel(store, ada, bob):
    """Row 6: whatever is kept."""
    await add(store, ada, text="inside", html="inside")
    await page(store, bob)
    await store.leave_channel(bob.id, 1)

    with pytest.raises(NotFound):
        await store.written_history(bob.id, 1, limit=50)


@pytest.mark.parametrize(
    ("where", "taken", "ends"),
    [
        ({}, [6, 7, 8], (False, True)),
        ({"before": 8}, [5, 6, 7], (False, False)),
        ({"after": 2}, [3, 4, 5], (False, False)),
        ({"after": 0}, [1, 2, 3], (True, False)),
        ({"around": 4}, [3, 4, 5], (False, False)),
        ({"around": 9}, [6, 7, 8], (False, True)),
    ],
)
async def test_a_page_too_large_for_an_answer_is_shorter_and_says_so(store, ada, monkeypatch, where, taken, ends):
    """Row 11: what is left out is asked for next."""
    for _ in range(8):
        await add(store, ada, text="x" * 500, html="y" * 500)
    [line] = (await store.written_history(ada.id, 1, limit=1)).entries
    monkeypatch.setattr(written_history, "MOST_BYTES", 3 * len(bytes(line)) + 10)

    for _ in ("written now", "written before"):
        page = await store.written_history(ada.id, 1, **{"limit": 50, **where})
        assert [msgspec.json.decode(line)["seq"] for line in page.entries] == taken
        assert (page.first, page.last) == ends
