"""What every store promises of outgoing webhooks, on SQLite and on PostgreSQL. Row 16."""

import asyncio
from uuid import uuid4

import pytest

from chorus.chat.domain.commands import Command
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import Conflict, NotFound
from chorus.chat.domain.files import File
from chorus.chat.domain.outgoing import FURTHEST, MOST_WAITING, OutgoingWebhook
from chorus.chat.storage.queries import outgoing

MADE = 500
LATER = 10**12
UNTIL = LATER + 60_000


@pytest.fixture
async def bot(store, ada):
    bot = await store.integrations.create_bot(handle="helper", name="Helper", at=1)
    await store.add_member(ada.id, bot.id, 1, at=MADE)
    return bot


@pytest.fixture
def make(store, ada, bot):
    async def make(name="hook", *, channel=1, words=()):
        webhook = OutgoingWebhook(name, bot.id, channel, name, "https://a.example", words, ada.id, MADE)
        await store.integrations.create_outgoing(webhook, secret=f"{name}'s")
        return webhook

    return make


async def say(store, sender, *texts, channel=1, at=1000):
    for text in texts:
        await store.append(NewEntry(channel, EntryKind.POSTED, at, sender.id, uuid4(), text, f"<p>{text}</p>"))


async def told(store, at=LATER, until=UNTIL, **options):
    """What may be told, sorted: nobody promises in which order it is."""
    claimed = await store.integrations.claim(at=at, until=until, limit=5000, **options)
    return sorted((each.key.webhook, each.entry.text) for each in claimed)


async def take_all(store):
    while await store.integrations.take_in():
        pass


async def test_whether_there_is_a_webhook_is_known_without_reading_them(store, make):
    assert not await store.integrations.has_outgoing()
    webhook = await make()
    assert await store.integrations.has_outgoing()
    await store.integrations.delete_outgoing(webhook.id)
    assert not await store.integrations.has_outgoing()


async def test_what_people_post_is_told_with_all_that_belongs_to_it(store, make, ada, bot):
    webhook = await make()
    await say(store, ada, "Hello")
    await take_all(store)

    [delivery] = await store.integrations.claim(at=LATER, until=UNTIL, limit=10)

    assert (delivery.webhook, delivery.secret, delivery.bot, delivery.sender) == (webhook, "hook's", bot, ada)
    assert (delivery.channel.name, delivery.entry.text, delivery.word, delivery.attempt) == ("general", "Hello", "", 1)


async def test_bots_do_not_tell_each_other(store, make, bot):
    await make()
    await say(store, bot, "Hello")
    await take_all(store)

    assert await told(store) == []


async def test_only_what_begins_with_a_word_is_told(store, make, ada):
    await make(words=("deploy",))
    await say(store, ada, "deploy now", "deployed", "Deploy")
    await take_all(store)

    assert await told(store) == [("hook", "Deploy"), ("hook", "deploy now")]


async def test_a_change_of_a_message_is_no_message(store, make, ada):
    await make()
    await say(store, ada, "Hello")
    await take_all(store)
    [delivery] = await store.integrations.claim(at=LATER, until=UNTIL, limit=10)
    await store.integrations.delivered(delivery.key)
    await store.append(
        NewEntry(1, EntryKind.EDITED, 2000, ada.id, uuid4(), "Hello again", "<p>Hello again</p>", target=1)
    )
    await take_all(store)

    assert await store.integrations.next_due(at=LATER) is None


async def test_a_message_of_files_alone_is_told(store, make, ada):
    await make()
    file = File("f" * 32, "a.txt", "text/plain", 3)
    await store.add_file(ada.id, 1, file, at=1000)
    await store.append(NewEntry(1, EntryKind.POSTED, 1000, ada.id, uuid4(), files=(file,)))
    await take_all(store)

    [delivery] = await store.integrations.claim(at=LATER, until=UNTIL, limit=10)
    assert delivery.entry.files == (file,)


async def test_what_was_said_before_the_webhook_was_made_is_not_told(store, make, ada):
    await say(store, ada, "before", at=MADE - 1)
    await make()
    await say(store, ada, "after", at=MADE)
    await take_all(store)

    assert await told(store) == [("hook", "after")]


async def test_without_a_channel_it_is_told_wherever_its_bot_is(store, make, ada, bob, bot):
    """Row 6: and nowhere else."""
    await make(channel=None, words=("hey",))
    plans = await store.create_channel(name="plans", topic="", creator=ada.id, at=1)
    secret = await store.create_channel(name="secret", topic="", creator=ada.id, at=1)
    await store.add_member(ada.id, bot.id, plans.id, at=900)
    await say(store, ada, "hey general")
    await say(store, ada, "hey, it is not here yet", channel=plans.id, at=899)
    await say(store, ada, "hey plans", channel=plans.id)
    await say(store, ada, "hey secret", channel=secret.id)
    await take_all(store)

    assert await told(store) == [("hook", "hey general"), ("hook", "hey plans")]


async def test_what_is_deleted_or_out_of_the_bots_sight_meanwhile_is_not_told(store, make, ada, bot):
    await make()
    await say(store, ada, "one", "two")
    await take_all(store)
    await store.append(NewEntry(1, EntryKind.DELETED, 2000, ada.id, uuid4(), target=1))

    assert await told(store) == [("hook", "two")]
    await say(store, ada, "three")
    await take_all(store)
    await store.remove_member(ada.id, bot.id, 1)
    assert await told(store) == []
    assert await store.integrations.next_due(at=LATER) == UNTIL


async def test_what_waits_for_a_bot_that_was_deactivated_is_not_told(store, make, ada, bot):
    """Row 6: what is said is not for it any more."""
    await make()
    await say(store, ada, "one")
    await take_all(store)
    await store.change_account(bot.id, deactivated_at=2000)

    assert await told(store) == []
    assert await store.integrations.next_due(at=LATER) is None


async def test_channels_whose_lines_are_gone_hold_up_no_other(store, make, ada, bot, monkeypatch):
    """Row 17: messages that became older than they are kept."""
    monkeypatch.setattr(outgoing, "_behind", outgoing._behind.limit(2))
    await make(channel=None, words=("hey",))
    made = [await store.create_channel(name=f"plans-{number}", topic="", creator=ada.id, at=1) for number in range(3)]
    for channel in made:
        await store.add_member(ada.id, bot.id, channel.id, at=900)
    await take_all(store)
    for channel in made:
        await say(store, ada, "hey", channel=channel.id)
    for channel in made[:2]:
        await store.expire(channel.id, before=LATER, limit=100)
    await take_all(store)

    assert await told(store) == [("hook", "hey")]
    assert await store.integrations.take_in() == 0


async def test_of_two_instances_one_takes_it_in_and_one_tells_it(store, other, make, ada):
    """Row 16: delivered by exactly one instance."""
    await make()
    await say(store, ada, *map(str, range(30)))

    await asyncio.gather(*(take_all(each) for each in (store, other) * 2))
    claims = await asyncio.gather(
        *(each.integrations.claim(at=LATER, until=UNTIL, limit=7) for each in (store, other) * 5)
    )

    seqs = [delivery.key.seq for claimed in claims for delivery in claimed]
    assert sorted(seqs) == list(range(1, 31))


async def test_what_a_killed_instance_had_under_way_is_told_by_another(store, other, make, ada):
    """Row 16: from a durable queue."""
    await make()
    await say(store, ada, "Hello")
    await take_all(store)
    [taken] = await store.integrations.claim(at=LATER, until=LATER + 60, limit=10)

    assert await other.integrations.claim(at=LATER + 59, until=UNTIL, limit=10) == []
    [again] = await other.integrations.claim(at=LATER + 60, until=UNTIL, limit=10)
    assert (again.key, again.attempt) == (taken.key, 2)
    await other.integrations.delivered(again.key)
    assert await store.integrations.next_due(at=LATER) is None


async def test_what_is_not_taken_waits_and_the_webhook_tells_why(store, make, ada):
    await make()
    await say(store, ada, "Hello")
    await take_all(store)
    [delivery] = await store.integrations.claim(at=LATER, until=UNTIL, limit=10)

    await store.integrations.put_off(delivery.key, due_at=LATER + 5, at=LATER, trouble="answered 500")

    [listed] = await store.integrations.outgoing()
    assert (listed.failed_at, listed.trouble, listed.dropped) == (LATER, "answered 500", 0)
    assert await store.integrations.next_due(at=LATER) == LATER + 5
    await store.integrations.delivered(delivery.key)
    [listed] = await store.integrations.outgoing()
    assert (listed.failed_at, listed.trouble) == (None, "")


async def test_what_a_clock_that_was_set_back_put_off_is_told_now(store, make, ada):
    await make()
    await say(store, ada, "Hello")
    await take_all(store)
    [delivery] = await store.integrations.claim(at=LATER, until=UNTIL, limit=10)
    far = LATER + FURTHEST
    await store.integrations.put_off(delivery.key, due_at=far, at=LATER, trouble="answered 500")

    assert await store.integrations.next_due(at=LATER) == far
    assert await store.integrations.claim(at=LATER, until=far, limit=10) == []
    before = LATER - 1  # what the clock says now
    assert await store.integrations.next_due(at=before) == before
    [again] = await store.integrations.claim(at=before, until=before + 60, limit=10)
    assert (again.key, again.attempt) == (delivery.key, 2)


async def test_what_is_given_up_is_counted(store, make, ada):
    await make()
    await say(store, ada, "Hello")
    await take_all(store)
    [delivery] = await store.integrations.claim(at=LATER, until=UNTIL, limit=10)

    await store.integrations.put_off(delivery.key, due_at=None, at=LATER, trouble="gone")

    assert (await store.integrations.outgoing())[0].dropped == 1
    assert await store.integrations.next_due(at=LATER) is None


async def test_no_more_wait_than_may(store, make, ada, monkeypatch):
    """Row 16: bounded."""
    monkeypatch.setattr("chorus.chat.storage.queries.outgoing.MOST_WAITING", 3)
    assert MOST_WAITING == 1000
    await make()
    await say(store, ada, *map(str, range(5)))
    await take_all(store)

    assert len(await told(store)) == 3
    assert (await store.integrations.outgoing())[0].dropped == 2


async def test_webhooks_that_are_busy_are_passed_over(store, make, ada):
    await make("one")
    await make("two")
    await say(store, ada, "Hello")
    await take_all(store)

    assert await told(store, exclude=["one"]) == [("two", "Hello")]
    assert await store.integrations.next_due(at=LATER, exclude=["two"]) == 0


async def test_a_webhook_that_is_taken_away_takes_what_waits_with_it(store, make, ada):
    await make()
    await say(store, ada, "Hello")
    await take_all(store)

    assert await store.integrations.delete_outgoing("hook")
    assert not await store.integrations.delete_outgoing("hook")
    assert await store.integrations.next_due(at=LATER) is None


async def test_a_log_that_nobody_listens_to_is_not_looked_at(store, ada):
    await say(store, ada, "Hello")

    assert await store.integrations.take_in() == 0


async def test_there_are_no_more_commands_than_there_may_be(store, ada, bot, monkeypatch):
    monkeypatch.setattr("chorus.chat.storage.queries.commands.MOST_COMMANDS", 1)
    made = [Command(name, "", "", bot.id) for name in ("deploy", "more")]
    await store.integrations.create_command(made[0], url="https://a.example", secret="s", by=ada.id, at=1)

    with pytest.raises(Conflict):
        await store.integrations.create_command(made[1], url="https://a.example", secret="s", by=ada.id, at=1)


async def test_a_command_is_found_by_its_name(store, ada, bot):
    command = Command("deploy", "[what]", "Deploys", bot.id)
    await store.integrations.create_command(command, url="https://a.example", secret="s", by=ada.id, at=1)

    found = await store.integrations.command("deploy")

    assert (found.command, found.bot, found.url, found.secret) == (command, bot, "https://a.example", "s")
    assert await store.integrations.commands() == [command]
    with pytest.raises(Conflict):
        await store.integrations.create_command(command, url="https://b.example", secret="s", by=1, at=1)
    with pytest.raises(NotFound):
        await store.integrations.create_command(
            Command("mine", "", "", ada.id), url="https://b.example", secret="s", by=1, at=1
        )
    await store.change_account(bot.id, deactivated_at=1)
    assert await store.integrations.command("deploy") is None
    assert await store.integrations.commands() == []
    assert await store.integrations.delete_command("deploy")
    assert not await store.integrations.delete_command("deploy")
