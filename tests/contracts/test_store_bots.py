"""What every store promises of bots (chat/storage/contract/integrations.py), on SQLite and on PostgreSQL."""

import asyncio

import pytest

from chorus.chat.domain.accounts import Role
from chorus.chat.domain.bots import MOST_TOKENS, BotToken
from chorus.chat.domain.errors import Conflict, NotFound
from chorus.chat.domain.incoming import IncomingWebhook
from chorus.chat.domain.outgoing import OutgoingWebhook
from chorus.chat.domain.scopes import Scope


def token(bot, number=0, *scopes):
    return BotToken(f"token-{number}", bot.id, f"Number {number}", scopes or (Scope.READ,), 1000 + number)


@pytest.fixture
async def bot(store, ada):
    return await store.integrations.create_bot(handle="Helper", name="Helper", at=1)


async def test_a_bot_is_in_no_channel_and_no_password_is_its(store, bot):
    assert bot.role is Role.BOT
    assert await store.channels(bot.id, joined_only=True) == []
    assert (await store.credentials("helper")).password_hash == ""


async def test_its_tokens_are_listed_the_oldest_first_and_people_are_not(store, bot, bob):
    tokens = [token(bot, 1), token(bot, 2, Scope.READ, Scope.SEND)]
    for each in reversed(tokens):
        await store.integrations.create_token(each, secret_hash=b"h")

    [listed] = await store.integrations.bots()

    assert (listed.account, listed.tokens) == (bot, tuple(tokens))


async def test_a_token_gives_the_account_as_it_acts_by_it(store, bot):
    """Row 5: bot tokens are scoped."""
    await store.integrations.create_token(token(bot, 1, Scope.READ, Scope.REACT), secret_hash=b"secret's")

    found = await store.integrations.token("token-1")

    assert (found.session.id, found.session.account.id, found.secret_hash) == ("token-1", bot.id, b"secret's")
    assert found.session.account.scopes == (Scope.READ, Scope.REACT)
    assert await store.session("token-1", at=10**15) == found.session
    assert (await store.standing(["token-1", "nobody's"], [bot.id], at=10**15)).sessions == {"token-1"}


async def test_a_token_that_was_ended_is_none(store, bot):
    await store.integrations.create_token(token(bot), secret_hash=b"h")

    assert not await store.integrations.end_token(bot.id + 1, "token-0")
    assert await store.integrations.end_token(bot.id, "token-0")
    assert not await store.integrations.end_token(bot.id, "token-0")
    assert await store.integrations.token("token-0") is None
    assert await store.session("token-0", at=1) is None


async def test_deactivation_ends_tokens(store, bot):
    """Row 2."""
    await store.integrations.create_token(token(bot), secret_hash=b"h")

    await store.change_account(bot.id, deactivated_at=5)

    assert await store.integrations.token("token-0") is None
    assert (await store.standing(["token-0"], [bot.id], at=1)).sessions == set()
    with pytest.raises(NotFound):
        await store.integrations.create_token(token(bot, 1), secret_hash=b"h")


async def test_of_many_tokens_made_at_once_no_more_are_kept_than_there_may_be(store, other, bot):
    made = [
        one.integrations.create_token(token(bot, number), secret_hash=b"h")
        for number, one in enumerate([store, other] * MOST_TOKENS)
    ]

    outcomes = await asyncio.gather(*made, return_exceptions=True)

    assert sum(isinstance(each, Conflict) for each in outcomes) == MOST_TOKENS
    assert len((await store.integrations.bots())[0].tokens) == MOST_TOKENS


async def test_there_are_no_more_bots_in_use_than_there_may_be(store, bot, monkeypatch):
    monkeypatch.setattr("chorus.chat.storage.queries.bots.MOST_BOTS", 1)
    with pytest.raises(Conflict):
        await store.integrations.create_bot(handle="more", name="More", at=1)
    await store.change_account(bot.id, deactivated_at=5)

    assert (await store.integrations.create_bot(handle="more", name="More", at=1)).role is Role.BOT


async def test_a_scope_that_only_a_newer_version_knows_opens_nothing(store, bot):
    """Row 23: an older instance keeps working beside a newer one."""
    await store.integrations.create_token(token(bot, 1, Scope.READ, "fly"), secret_hash=b"h")

    assert (await store.integrations.token("token-1")).session.account.scopes == (Scope.READ,)


async def test_an_incoming_webhook_is_found_with_the_bot_that_speaks_by_it(store, bot, ada):
    """Row 16."""
    webhook = IncomingWebhook("hook", bot.id, 1, "CI", ada.id, 7)
    await store.integrations.create_incoming(webhook, secret_hash=b"h")

    found = await store.integrations.find_incoming("hook")

    assert (found.webhook, found.bot, found.secret_hash) == (webhook, bot, b"h")
    assert await store.integrations.incoming() == [webhook]
    assert await store.integrations.find_incoming("another") is None
    await store.change_account(bot.id, deactivated_at=5)
    assert await store.integrations.find_incoming("hook") is None
    assert await store.integrations.delete_incoming("hook")
    assert not await store.integrations.delete_incoming("hook")


@pytest.mark.parametrize("kind", ["incoming", "outgoing"])
async def test_a_webhook_and_its_bots_membership_are_made_both_or_not_at_all(store, bot, ada, monkeypatch, kind):
    """Row 16."""

    async def make(number, channel=1):
        if kind == "incoming":
            webhook = IncomingWebhook(f"hook-{number}", bot.id, channel, "CI", ada.id, 7)
            return await store.integrations.create_incoming(webhook, secret_hash=b"h")
        webhook = OutgoingWebhook(f"hook-{number}", bot.id, channel, "CI", "https://a.example", (), ada.id, 7)
        return await store.integrations.create_outgoing(webhook, secret="s")

    plans = await store.create_channel(name="plans", topic="", creator=ada.id, at=1)
    assert (await make(1)).members == 2
    monkeypatch.setattr(f"chorus.chat.storage.queries.{kind}.MOST_{kind.upper()}", 1)
    with pytest.raises(Conflict):
        await make(2, plans.id)
    await store.leave_channel(ada.id, plans.id)
    with pytest.raises(NotFound):
        await make(3, plans.id)

    assert [each.id for each in await store.channels(bot.id, joined_only=True)] == [1]


async def test_an_incoming_webhook_is_a_bots(store, ada):
    with pytest.raises(NotFound):
        await store.integrations.create_incoming(IncomingWebhook("hook", ada.id, 1, "CI", 1, 7), secret_hash=b"h")
