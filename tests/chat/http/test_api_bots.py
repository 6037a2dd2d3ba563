"""Rows 2 and 5 over HTTP: bots and their tokens."""

import httpx
import pytest

from chorus.chat.actions import limits
from chorus.chat.domain.bots import MOST_TOKENS
from chorus.chat.domain.limits import Limit
from chorus.chat.storage.integration_store import SqlIntegrationStore
from parts.bots import API, make_bot, make_token
from parts.databases import on_both
from parts.people import message


@pytest.fixture
async def ada(sign_up):
    """The owner."""
    return await sign_up("ada")


@pytest.fixture
def program(api):
    """Make a program with a token: no cookies, no origin."""

    def make(secret):
        transport = httpx.ASGITransport(api, raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {secret}"}
        return httpx.AsyncClient(transport=transport, base_url="http://chat.test", headers=headers)

    return make


@on_both
async def test_a_bot_sees_the_channels_that_it_was_added_to_and_no_others(ada, program):
    """Row 2: bot."""
    await ada.post(f"{API}/channels", json={"name": "plans"})
    bot = await make_bot(ada, "helper", 2)
    _, secret = await make_token(ada, bot, "read", "send", "people")
    helper = program(secret)

    told = (await helper.get(f"{API}/bootstrap")).json()
    sent = await helper.post(f"{API}/channels/2/messages", json=message("Hello"))

    assert [each["name"] for each in told["channels"]] == ["plans"]
    assert (told["account"]["role"], told["account"]["scopes"]) == ("bot", ["read", "send", "people"])
    assert [each["handle"] for each in told["accounts"]] == ["ada", "helper"]
    assert (sent.status_code, sent.json()["sender"]) == (201, bot)
    assert (await helper.get(f"{API}/channels/1/messages")).status_code == 404
    assert (await helper.post(f"{API}/channels/1/messages", json=message())).status_code == 404
    assert (await helper.post(f"{API}/channels/1/members")).status_code == 403


@pytest.mark.parametrize(
    ("scope", "method", "path", "body"),
    [
        ("read", "GET", "/channels/1/messages", None),
        ("read", "GET", "/search?q=hello", None),
        ("read", "GET", "/channels/1/messages/1", None),
        ("read", "GET", "/channels/1/messages/1/edits", None),
        ("read", "GET", "/channels/1/threads/1", None),
        ("read", "GET", "/channels/1/members", None),
        ("read", "GET", "/channels/1/pins", None),
        ("read", "PUT", "/channels/1/read", {"seq": 0}),
        ("read", "PUT", "/saved/1/1", None),
        ("read", "GET", "/saved", None),
        ("read", "GET", "/drafts", None),
        ("send", "PUT", "/drafts", {"channel": 1, "text": "Well"}),
        ("send", "POST", "/channels/1/messages", message()),
        ("send", "GET", "/commands", None),
        ("react", "PUT", "/channels/1/messages/1/reactions/%F0%9F%91%8B", None),
        ("pin", "PUT", "/channels/1/messages/1/pin", None),
        ("people", "GET", "/accounts", None),
        ("converse", "POST", "/conversations", {"people": []}),
        ("leave", "DELETE", "/channels/1/members/me", None),
    ],
)
async def test_each_scope_opens_what_it_says_and_nothing_else(ada, program, scope, method, path, body):
    """Row 5: bot tokens are scoped."""
    await ada.post(f"{API}/channels/1/messages", json=message("Hello"))
    bot = await make_bot(ada, "helper", 1)
    others = [
        each for each in ("read", "send", "react", "pin", "files", "people", "converse", "leave") if each != scope
    ]

    async def asked(*scopes):
        _, secret = await make_token(ada, bot, *scopes)
        return await program(secret).request(method, API + path, json=body)

    refused, allowed = await asked(*others), await asked(scope)

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert f"lacks the scope {scope!r}" in refused.json()["detail"]
    assert allowed.is_success, allowed.text


async def test_row_14_files_are_uploaded_and_given_up_with_the_scope_files_and_had_with_the_scope_read(ada, program):
    """Row 5: bot tokens are scoped."""
    bot = await make_bot(ada, "helper", 1)
    tokens = [await make_token(ada, bot, *scopes) for scopes in (["files"], ["read", "send"])]
    uploader, reader = [program(secret) for _, secret in tokens]
    form = {"file": ("a.txt", b"words")}

    files = [await each.post(f"{API}/channels/1/files", files=form) for each in (reader, uploader)]
    assert [each.status_code for each in files] == [403, 201]
    path = f"{API}/files/{files[1].json()['id']}"
    assert [(await each.get(path)).status_code for each in (uploader, reader)] == [403, 200]
    assert [(await each.delete(path)).status_code for each in (reader, uploader)] == [403, 204]


@pytest.mark.parametrize(("method", "body"), [("PATCH", message("Better")), ("DELETE", None)])
async def test_what_a_bot_said_is_changed_with_the_scope_send_alone(ada, program, method, body):
    """Row 5."""
    bot = await make_bot(ada, "helper", 1)
    tokens = [await make_token(ada, bot, *scopes) for scopes in (["read", "react", "pin", "files"], ["read", "send"])]
    without, sending = [program(secret) for _, secret in tokens]
    await sending.post(f"{API}/channels/1/messages", json=message("Hello"))

    answers = [await each.request(method, f"{API}/channels/1/messages/1", json=body) for each in (without, sending)]

    assert [each.status_code for each in answers] == [403, 200]
    assert "lacks the scope 'send'" in answers[0].json()["detail"]


async def test_a_command_is_typed_with_the_scope_send(ada, program):
    """Row 5."""
    bot = await make_bot(ada, "helper", 1)
    tokens = [await make_token(ada, bot, *scopes) for scopes in (["read", "react", "pin", "files"], ["read", "send"])]

    answers = [await program(secret).post(f"{API}/channels/1/commands", json=message("/topic")) for _, secret in tokens]

    assert [each.status_code for each in answers] == [403, 200]


async def test_a_token_without_people_is_told_of_itself_alone(ada, program):
    """Row 5."""
    bot = await make_bot(ada, "helper", 1)
    _, secret = await make_token(ada, bot, "send")

    told = (await program(secret).get(f"{API}/bootstrap")).json()

    assert [each["id"] for each in told["accounts"]] == [bot]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/channels", {"name": "mine"}),
        ("PATCH", "/me", {"name": "Somebody"}),
        ("PUT", "/me/password", {"old": "", "new": "correct horse battery"}),
        ("GET", "/sessions", None),
        ("DELETE", "/session", None),
        ("POST", "/invites", {}),
        ("GET", "/bots", None),
        ("POST", "/bots", {"handle": "more", "name": "More"}),
        ("PATCH", "/accounts/1", {"deactivated": True}),
        ("GET", "/audit", None),
        ("GET", "/retention", None),
        ("GET", "/export", None),
        ("GET", "/me/export", None),
    ],
)
async def test_no_token_opens_what_is_for_people(ada, program, method, path, body):
    """Row 5."""
    bot = await make_bot(ada)
    _, secret = await make_token(ada, bot, "read", "send", "react", "pin", "files", "people", "converse", "leave")

    assert (await program(secret).request(method, API + path, json=body)).status_code == 403


@on_both
async def test_a_revoked_token_opens_nothing_and_the_others_go_on(ada, program, announced):
    """Row 5: revocable."""
    bot = await make_bot(ada)
    first, first_secret = await make_token(ada, bot)
    _, second_secret = await make_token(ada, bot)

    revoked = await ada.delete(f"{API}/bots/{bot}/tokens/{first}")

    assert revoked.status_code == 204
    assert ("session ended", first) in announced.heard
    assert (await program(first_secret).get(f"{API}/me")).status_code == 401
    assert (await program(second_secret).get(f"{API}/me")).status_code == 200
    assert (await ada.delete(f"{API}/bots/{bot}/tokens/{first}")).status_code == 404


@on_both
async def test_deactivation_ends_a_bots_tokens_for_good(ada, program):
    """Row 2: deactivation ends every session."""
    bot = await make_bot(ada)
    _, secret = await make_token(ada, bot)

    await ada.patch(f"{API}/accounts/{bot}", json={"deactivated": True})
    meanwhile = (await program(secret).get(f"{API}/me")).status_code
    refused = await ada.post(f"{API}/bots/{bot}/tokens", json={"name": "Another", "scopes": ["read"]})
    await ada.patch(f"{API}/accounts/{bot}", json={"deactivated": False})

    assert (meanwhile, refused.status_code) == (401, 404)
    assert (await program(secret).get(f"{API}/me")).status_code == 401


async def test_a_secret_is_told_once_and_not_stored(ada, chat):
    bot = await make_bot(ada)
    token, secret = await make_token(ada, bot, "send", "read")

    [listed] = (await ada.get(f"{API}/bots")).json()

    [known] = listed["tokens"]
    assert (known["id"], known["name"], known["scopes"]) == (token, "A server", ["read", "send"])
    assert secret.partition(".")[2] not in str(listed)
    assert secret.partition(".")[2].encode() not in (await chat.store.integrations.token(token)).secret_hash


@pytest.mark.parametrize(
    "forge",
    [
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret.partition(".")[0],
        lambda secret: "chorus-bot-" + secret,
        lambda _: "chorus-bot-" + "A" * 22 + "." + "B" * 43,
    ],
)
async def test_what_is_not_the_secret_opens_nothing(ada, program, forge):
    _, secret = await make_token(ada, await make_bot(ada))

    assert (await program(forge(secret)).get(f"{API}/me")).status_code == 401


async def test_tokens_are_bounded(ada):
    bot = await make_bot(ada)
    for _ in range(MOST_TOKENS):
        await make_token(ada, bot)

    refused = await ada.post(f"{API}/bots/{bot}/tokens", json={"name": "More", "scopes": ["read"]})

    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


async def test_a_new_bot_is_told_to_those_who_see_who_is_here(ada, announced):
    await make_bot(ada, "helper")

    assert announced.heard[-1] == ("account", "helper")


async def test_a_bot_and_its_tokens_have_names_that_can_be_shown(ada):
    bot = await make_bot(ada)

    answers = [
        await ada.post(f"{API}/bots", json={"handle": "other", "name": " "}),
        await ada.post(f"{API}/bots/{bot}/tokens", json={"name": "a\nb", "scopes": ["read"]}),
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(400, "invalid")] * 2
    assert len((await ada.get(f"{API}/bots")).json()) == 1


async def test_a_token_is_good_for_something(ada):
    bot = await make_bot(ada)

    assert (await ada.post(f"{API}/bots/{bot}/tokens", json={"name": "x", "scopes": []})).status_code == 400


async def test_members_make_no_bots_and_no_tokens(ada, sign_up):
    bot = await make_bot(ada)
    token, _ = await make_token(ada, bot)
    grace = await sign_up("grace")

    assert (await grace.delete(f"{API}/bots/{bot}/tokens/{token}")).status_code == 403
    assert (await grace.post(f"{API}/bots", json={"handle": "mine", "name": "Mine"})).status_code == 403
    assert (await grace.get(f"{API}/bots")).status_code == 403
    assert (await grace.post(f"{API}/bots/{bot}/tokens", json={"name": "x", "scopes": ["read"]})).status_code == 403


@pytest.mark.parametrize("role", ["admin", "member", "guest", "bot"])
async def test_a_bot_stays_a_bot(ada, role):
    """Row 2: it would do more than its tokens say, and no password is its."""
    bot = await make_bot(ada)

    refused = await ada.patch(f"{API}/accounts/{bot}", json={"role": role})

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert [each["account"]["role"] for each in (await ada.get(f"{API}/bots")).json()] == ["bot"]


@pytest.mark.parametrize("role", ["bot", "owner"])
async def test_nobody_is_made_a_bot_by_a_link_or_a_change(ada, sign_up, role):
    """Row 2: an owner makes owners; nobody makes a bot of a person."""
    await sign_up("grace")

    answers = [
        await ada.patch(f"{API}/accounts/2", json={"role": role}),
        await ada.post(f"{API}/invites", json={"role": role}),
    ]

    assert [each.status_code for each in answers] == ([403, 400] if role == "bot" else [200, 201])


async def test_people_get_no_tokens(ada):
    refused = await ada.post(f"{API}/bots/1/tokens", json={"name": "Mine", "scopes": ["read"]})

    assert refused.status_code == 404


async def test_no_password_opens_a_bots_account(ada, browse):
    """Row 3: the same answer as for a wrong password."""
    await make_bot(ada)

    for password in ("", "correct horse battery"):
        answer = await browse().post(f"{API}/session", json={"handle": "helper", "password": password})
        assert (answer.status_code, answer.json()["detail"]) == (401, "Handle or password is wrong")


@on_both
async def test_what_is_made_and_taken_away_stands_in_the_audit_log_without_its_secrets(ada):
    """Row 17: audit log of administrative acts."""
    bot = await make_bot(ada)
    token, secret = await make_token(ada, bot, "read", "send")
    await ada.delete(f"{API}/bots/{bot}/tokens/{token}")
    await ada.delete(f"{API}/bots/{bot}/tokens/{token}")
    hook = {"bot": bot, "channel": 1, "name": "CI"}
    incoming = (await ada.post(f"{API}/webhooks/incoming", json=hook)).json()
    outgoing = (await ada.post(f"{API}/webhooks/outgoing", json={**hook, "url": "https://a.example/hush"})).json()
    command = {"bot": bot, "name": "deploy", "url": "https://b.example:8443/hush?key=hush"}
    made = (await ada.post(f"{API}/commands", json=command)).json()
    await ada.delete(f"{API}/webhooks/incoming/{incoming['webhook']['id']}")
    await ada.delete(f"{API}/webhooks/outgoing/{outgoing['webhook']['id']}")
    await ada.delete(f"{API}/commands/deploy")

    log = await ada.get(f"{API}/audit")

    assert [line["act"] for line in reversed(log.json()["lines"])] == [
        "bot.created", "token.created", "token.revoked", "webhook.created", "webhook.created", "command.created",
        "webhook.removed", "webhook.removed", "command.removed",
    ]  # fmt: skip
    assert {line["address"] for line in log.json()["lines"]} == {"127.0.0.1"}
    secrets = (secret, incoming["path"], outgoing["secret"], made["secret"])
    assert all(each.rpartition(".")[2] not in log.text for each in secrets)
    assert [line["details"]["host"] for line in log.json()["lines"] if "host" in line["details"]] == [
        "b.example:8443", "a.example",
    ]  # fmt: skip
    assert "hush" not in log.text


def made_up(number):
    return f"chorus-bot-{number:022d}.{number:043d}"


@pytest.fixture
def asked(monkeypatch):
    """Tokens that the database was asked for; three that are nobody's may be tried."""
    monkeypatch.setattr(limits, "FAILED_TOKENS", Limit("token:address", burst=3, interval=1000.0))
    ids = []
    original = SqlIntegrationStore.token

    async def token(self, token_id):
        ids.append(token_id)
        return await original(self, token_id)

    monkeypatch.setattr(SqlIntegrationStore, "token", token)
    return ids


async def test_tokens_that_are_nobodys_are_slowed_before_the_database_is_asked(ada, program, asked):
    """Row 24: bots that were here before go on, and others wait."""
    bot = await make_bot(ada, "helper", 1)
    (_, known), (_, late) = await make_token(ada, bot, "read"), await make_token(ada, bot, "read")
    assert (await program(known).get(f"{API}/me")).status_code == 200
    asked.clear()

    tried = [(await program(made_up(number)).get(f"{API}/me")).status_code for number in range(5)]

    assert (tried, len(asked)) == ([401, 401, 401, 429, 429], 3)
    assert (await program(known).get(f"{API}/me")).status_code == 200
    refused = await program(late).get(f"{API}/me")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")


async def test_tokens_that_are_good_are_not_counted(ada, program, asked):
    bot = await make_bot(ada, "helper", 1)
    for _ in range(5):
        _, secret = await make_token(ada, bot, "read")
        assert (await program(secret).get(f"{API}/me")).status_code == 200
    assert len(asked) == 5


async def test_a_token_that_was_revoked_is_counted_as_nobodys(ada, program, asked):
    bot = await make_bot(ada, "helper", 1)
    token, secret = await make_token(ada, bot, "read")
    helper = program(secret)
    assert (await helper.get(f"{API}/me")).status_code == 200
    await ada.delete(f"{API}/bots/{bot}/tokens/{token}")
    asked.clear()

    answers = [(await helper.get(f"{API}/me")).status_code for _ in range(6)]

    assert (answers, len(asked)) == ([401] * 4 + [429] * 2, 4)
