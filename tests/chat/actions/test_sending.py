"""Sending and reading messages."""

from uuid import UUID, uuid4

import msgspec
import pytest

from chorus.chat.actions import bootstrap, channels, composing, messages
from chorus.chat.domain.entries import EntryKind, HistoryPage
from chorus.chat.domain.errors import Invalid, NotFound, TooLarge
from chorus.chat.rendering.markdown import Composed


async def send(chat, by, text, *, channel=1, client_id=None):
    return await messages.send(chat, by=by, channel=channel, client_id=client_id or uuid4(), text=text)


async def test_a_message_is_stored_rendered_and_announced(chat, ada, announced):
    sent = await send(chat, ada, "*Hello*\r\n", client_id=UUID(int=1))
    entry = sent.entry

    assert not sent.repeated
    assert (entry.channel, entry.seq, entry.kind, entry.sender) == (1, 1, EntryKind.POSTED, ada.id)
    assert (entry.text, entry.html, entry.at) == ("*Hello*", "<p><em>Hello</em></p>", "1970-01-12T13:46:40.000Z")
    assert announced.said == [("entry", 1, 1, msgspec.json.encode(entry))]


async def test_the_same_client_id_again_is_the_same_message_and_not_announced_again(chat, ada, announced):
    first = await send(chat, ada, "first", client_id=UUID(int=1))
    again = await send(chat, ada, "second", client_id=UUID(int=1))

    assert (again.entry, again.repeated) == (first.entry, True)
    assert len(announced.said) == 1


async def test_a_long_message_sent_again_is_not_rendered_again(chat, ada, monkeypatch):
    rendered = []
    monkeypatch.setattr(composing, "compose", lambda text, accounts: rendered.append(text) or Composed("<p></p>", ()))
    first = await send(chat, ada, "*x* " * 500, client_id=UUID(int=1))
    again = await send(chat, ada, "*x* " * 500, client_id=UUID(int=1))

    assert (again.entry, again.repeated) == (first.entry, True)
    assert len(rendered) == 1


@pytest.mark.parametrize(
    ("text", "error"), [("", Invalid), (" \n", Invalid), ("a\0", Invalid), ("x" * 16_001, TooLarge)]
)
async def test_a_text_that_breaks_a_rule_is_not_stored(chat, ada, announced, text, error):
    with pytest.raises(error):
        await send(chat, ada, text)

    assert announced.said == []
    assert (await messages.history(chat, by=ada, channel=1)).entries == []


async def test_a_long_text_is_rendered_like_a_short_one(chat, ada):
    sent = await send(chat, ada, "*x* " * 1000)

    assert sent.entry.html.count("<em>x</em>") == 1000


async def test_one_who_is_not_in_the_channel_neither_sends_nor_reads(chat, ada, bob, announced):
    tea = await channels.create(chat, by=ada, name="tea")
    announced.said.clear()
    for channel in (tea.id, 99, 10**40):
        with pytest.raises(NotFound):
            await send(chat, bob, "hi", channel=channel)
        with pytest.raises(NotFound):
            await messages.history(chat, by=bob, channel=channel)

    assert announced.said == []


def read_back(page):
    return msgspec.json.decode(msgspec.json.encode(page), type=HistoryPage)


async def test_history_comes_in_pages(chat, ada):
    for n in range(5):
        await send(chat, ada, str(n))
    newest = read_back(await messages.history(chat, by=ada, channel=1, limit=2))
    earlier = read_back(await messages.history(chat, by=ada, channel=1, limit=200, before=newest.entries[0].seq))

    assert ([e.text for e in newest.entries], newest.first, newest.last) == (["3", "4"], False, True)
    assert ([e.text for e in earlier.entries], earlier.first, earlier.last) == (["0", "1", "2"], True, False)


@pytest.mark.parametrize(
    "asked",
    [{"limit": 0}, {"limit": 201}, {"before": 1, "after": 1}, {"before": -1}, {"around": 2**53}, {"after": 10**40}],
)
async def test_a_page_that_cannot_be_is_invalid(chat, ada, asked):
    with pytest.raises(Invalid):
        await messages.history(chat, by=ada, channel=1, **asked)


async def test_bootstrap_has_everything_to_begin_with(chat, ada, bob):
    await send(chat, ada, "one")
    state = await bootstrap.bootstrap(chat, by=bob)

    assert (state.account, list(state.accounts), state.instance, state.version) == (bob, [ada, bob], "1", "9")
    assert [(c.name, c.last_seq, c.read_seq, c.member) for c in state.channels] == [("general", 1, 0, True)]
