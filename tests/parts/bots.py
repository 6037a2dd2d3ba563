"""Bots, as owners make them over HTTP."""

import httpx

API = "/api/v1"


async def make_bot(owner: httpx.AsyncClient, handle: str = "helper", *channels: int) -> int:
    """Make a bot and add it to these channels; its account's id."""
    answer = await owner.post(f"{API}/bots", json={"handle": handle, "name": handle.title()})
    assert answer.status_code == 201, answer.text
    bot = answer.json()["account"]["id"]
    for channel in channels:
        added = await owner.put(f"{API}/channels/{channel}/members/{bot}")
        assert added.status_code == 200, added.text
    return bot


async def make_token(owner: httpx.AsyncClient, bot: int, *scopes: str) -> tuple[str, str]:
    """Make a token with these scopes: its id and what the bot shows."""
    body = {"name": "A server", "scopes": list(scopes or ("read", "send"))}
    answer = await owner.post(f"{API}/bots/{bot}/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]["id"], answer.json()["secret"]
