"""A believable morning of a small team, said through the API."""

import uuid
from typing import Any

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


def play(address: str, secret: str, *, more: int = 0) -> None:
    """Make the people, the channels and what they say; everyone's password is `secret`.

    `more`: so many messages of Tomás follow in #general.

    Whoever speaks has read so far: mira, who speaks last, has read #general; lena, who speaks first, nothing after it.
    """
    with httpx.Client(base_url=f"{address}/api/v1") as client:
        tokens = {handle: _sign_up(client, handle, name, secret) for handle, name in PEOPLE.items()}
        general = _channels(client, tokens["mira"])["general"]
        for handle, text in GENERAL:
            _say(client, tokens[handle], general, text)
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


def _say(client: httpx.Client, token: dict[str, str], channel: int, text: str) -> None:
    message = {"client_id": str(uuid.uuid4()), "text": text}
    client.post(f"/channels/{channel}/messages", json=message, headers=token).raise_for_status()
