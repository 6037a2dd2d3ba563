"""A believable morning of a small team, said through the API, for pictures of the page."""

import uuid
from typing import Any
from urllib.parse import quote

import httpx

PEOPLE = {
    "mira": "Mira Okafor",
    "jonas": "Jonas Lindqvist",
    "aiko": "Aiko Tanaka",
    "priya": "Priya Raman",
    "tomas": "Tomás Herrera",
    "lena": "Lena Brandt",
}
CHANNELS = {"design": "Type, colour and everything people look at", "operations": "What runs, and what does not"}
GENERAL = (
    ("lena", "Good morning! The second machine joined the cluster last night. Nobody noticed, which was the idea."),
    ("jonas", "I was reading the log while it happened. Four workers handed over, **zero** requests failed."),
    ("aiko", "For everyone who asked how the restart window works, this is all of it:"),
    (
        "aiko",
        ("```python\ndef decide(policy, history, *, now):\n    # so many in any hour, and then a person must look\n"
        "    recent = [at for at in history if now - at < policy.period]\n"
        '    if len(recent) >= policy.intensity:\n        return GiveUp("restarted too often")\n```'),
    ),
    ("priya", "That fits on a postcard. Can it go into the handbook?"),
    ("tomas", ("Before Thursday I would like us to settle three things:\n\n1. the colour of the unread badge\n"
     "2. whether drafts follow you to your phone\n3. what we call the thing that owns the sockets")),
    ("jonas", "> what we call the thing that owns the sockets\n\nKeeper. It keeps, and it does nothing else."),
    ("priya", "Keeper has my vote."),
    ("mira", "Mine too. Drafts: yes please, I write half of everything on the tram."),
)  # fmt: skip


REACTIONS = (
    (0, "🎉", ("mira", "jonas", "aiko")),
    (0, "🙌", ("tomas",)),
    (2, "❤️", ("priya", "lena")),
    (7, "🗝️", ("jonas", "mira")),
)
"""Which of GENERAL, with what, who."""
REPLIES = (
    (5, "priya", "Drafts first, please."),
    (5, "aiko", "I can show the badge today."),
    (5, "lena", "Third one is easy."),
)
"""To which of GENERAL, who, what: messages of its thread."""


def play(address: str, secret: str, *, more: int = 0, lively: bool = False) -> None:
    """Make the people, the channels and what they say; everyone's password is `secret`.

    `more`: so many messages of Tomás follow in #general. `lively`: people react, reply in a thread and write to mira.

    Whoever speaks has read so far: mira, who speaks last, has read #general; lena, who speaks first, nothing after it.
    """
    with httpx.Client(base_url=f"{address}/api/v1") as client:
        tokens = {handle: _sign_up(client, handle, name, secret) for handle, name in PEOPLE.items()}
        general = _channels(client, tokens["mira"])["general"]
        said = [_say(client, tokens[handle], general, text) for handle, text in GENERAL]
        if lively:
            _enliven(client, tokens, general, said)
        for number in range(more):
            _say(client, tokens["tomas"], general, f"And then there was number {number}.")
        for name, topic in CHANNELS.items():
            made = client.post(
                "/channels", json={"name": name, "topic": topic}, headers=tokens["lena"]
            ).raise_for_status()
            client.post(f"/channels/{made.json()['id']}/members", headers=tokens["mira"]).raise_for_status()
            _say(client, tokens["lena"], made.json()["id"], f"Welcome to #{name}.")


def _sign_up(client: httpx.Client, handle: str, name: str, secret: str) -> dict[str, str]:
    answer = client.post("/accounts", json={"handle": handle, "name": name, "password": secret}).raise_for_status()
    client.cookies.clear()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _channels(client: httpx.Client, token: dict[str, str]) -> dict[str, Any]:
    return {each["name"]: each["id"] for each in client.get("/channels", headers=token).raise_for_status().json()}


def _enliven(client: httpx.Client, tokens: dict[str, dict[str, str]], general: int, said: list[int]) -> None:
    for number, emoji, handles in REACTIONS:
        for handle in handles:
            path = f"/channels/{general}/messages/{said[number]}/reactions/{quote(emoji)}"
            client.put(path, headers=tokens[handle]).raise_for_status()
    for number, handle, text in REPLIES:
        _say(client, tokens[handle], general, text, thread=said[number])
    mira = client.get("/me", headers=tokens["mira"]).raise_for_status().json()["id"]
    for handle, text in (("jonas", "Lunch?"), ("aiko", "The new icons are in the folder.")):
        talk = client.post("/conversations", json={"people": [mira]}, headers=tokens[handle]).raise_for_status()
        _say(client, tokens[handle], talk.json()["id"], text)


def _say(client: httpx.Client, token: dict[str, str], channel: int, text: str, **more: Any) -> int:
    """Its seq."""
    message = {"client_id": str(uuid.uuid4()), "text": text, **more}
    answer = client.post(f"/channels/{channel}/messages", json=message, headers=token).raise_for_status()
    return answer.json()["seq"]
