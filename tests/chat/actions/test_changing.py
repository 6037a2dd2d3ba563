"""Editing, deleting, reacting and replying: what is authorised, stored and announced. Rows 9 and 10."""

import uuid

import msgspec
import pytest

from chorus.chat.actions import channels, messages
from chorus.chat.domain.entries import EntryKind
from chorus.chat.domain.errors import Forbidden, NotFound


@pytest.fixture
async def sent(chat, ada, announced):
    """Ada's message, which is 1."""
    entry = (await messages.send(chat, by=ada, channel=1, client_id=uuid.uuid4(), text="Hello")).entry
    announced.said.clear()
    return entry


def change(**fields):
    return {"channel": 1, "seq": 1, "client_id": uuid.uuid4(), **fields}


async def test_an_edit_is_rendered_stored_and_announced_as_a_line_of_the_log(chat, ada, bob, sent, announced):
    done = await messages.edit(chat, by=ada, **change(text="Hello, @bob and @nobody"))

    assert (done.entry.kind, done.entry.seq, done.entry.target) == (EntryKind.EDITED, 2, 1)
    assert done.entry.mentions == (bob.id,)
    assert announced.said == [("entry", 1, 2, msgspec.json.encode(done.entry))]


async def test_nobody_edits_another_persons_message(chat, ada, bob, sent, announced):
    for somebody in (bob, ada):
        theirs = (await messages.send(chat, by=bob, channel=1, client_id=uuid.uuid4(), text="x")).entry
        target = 1 if somebody is bob else theirs.seq
        with pytest.raises(Forbidden, match="may not edit other people's messages"):
            await messages.edit(chat, by=somebody, **change(seq=target, text="x"))


async def test_a_delete_has_copies_forgotten_before_it_is_heard_of(chat, ada, sent, announced):
    await messages.delete(chat, by=ada, **change())

    assert [said[:2] for said in announced.said] == [("forget", 1), ("entry", 1)]


async def test_a_change_that_changes_nothing_is_not_announced(chat, ada, sent, announced):
    await messages.react(chat, by=ada, **change(emoji="👍"))
    announced.said.clear()
    again = await messages.react(chat, by=ada, **change(emoji="👍"))
    never = await messages.react(chat, by=ada, **change(emoji="🎉"), standing=False)

    assert (again.repeated, never.repeated, announced.said) == (True, True, [])


async def test_a_member_who_left_finds_nothing_to_change(chat, ada, bob, sent):
    await channels.leave(chat, by=bob, channel=1)

    with pytest.raises(NotFound):
        await messages.edit(chat, by=bob, **change(text="x"))
    with pytest.raises(NotFound):
        await messages.thread(chat, by=bob, channel=1, seq=1)


async def test_reading_is_announced_to_the_accounts_other_devices(chat, bob, sent, announced):
    read = await channels.mark_read(chat, by=bob, channel=1, seq=1)

    assert announced.said == [("read", bob.id, read)]
    assert (read.unread, read.read_seq) == (0, 1)
