"""Row 26: what no row can have is the asker's mistake, on both databases."""

import json

import pytest

from parts.bots import API, make_bot
from parts.databases import on_both
from parts.people import message

LARGE = 2**53 - 1
HOOK = {"bot": 2, "channel": 1, "name": "x", "url": "https://x.example"}


@on_both
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"/bots/{LARGE}/tokens", {"name": "x", "scopes": ["read"]}),
        ("DELETE", f"/bots/{LARGE}/tokens/x", None),
        ("DELETE", "/bots/2/tokens/%00", None),
        ("DELETE", "/webhooks/incoming/%00", None),
        ("DELETE", "/webhooks/outgoing/%00", None),
        ("DELETE", "/commands/%00", None),
        ("POST", "/webhooks/incoming", {"bot": LARGE, "channel": 1, "name": "x"}),
        ("POST", "/webhooks/outgoing", {**HOOK, "bot": LARGE}),
        ("POST", "/webhooks/outgoing", {**HOOK, "words": ["\ud800"]}),
        ("POST", "/webhooks/outgoing", {**HOOK, "channel": LARGE}),
        ("POST", "/commands", {"bot": LARGE, "name": "x", "url": "https://x.example"}),
        ("POST", "/channels/1/commands", {**message(), "text": "/me \0"}),
        ("POST", "/channels/1/commands", {**message(), "text": "/invite @\0"}),
        ("PATCH", f"/accounts/{LARGE}", {"deactivated": True}),
        ("DELETE", "/invites/%00", None),
        ("DELETE", "/sessions/%00", None),
    ],
)
async def test_it_is_refused_and_no_error_of_ours(sign_up, method, path, body):
    ada = await sign_up("ada")
    await make_bot(ada)
    given = {} if body is None else {"content": json.dumps(body), "headers": {"content-type": "application/json"}}

    answer = await ada.request(method, API + path, **given)

    assert answer.status_code in (400, 404), answer.text
