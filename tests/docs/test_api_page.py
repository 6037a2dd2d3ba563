"""The walk in docs/api.md, and what pages after it ask for: each `sh` block, in order, in one shell."""

import asyncio
import json
import re
import subprocess
from pathlib import Path

import pytest

from chorus.chat.http.problems import CODES
from parts.databases import fresh_sqlite
from parts.instance import Instance
from parts.valkey import Valkey

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "api.md").read_text()
AFTERWARDS = [(DOCS / name).read_text() for name in ("bots.md", "export.md")]
"""Pages whose commands for curl go on where the walk ends."""


def steps():
    """The title of each section → its commands."""
    found = {}
    for page in (PAGE, *AFTERWARDS):
        for section in re.split(r"^##? ", page, flags=re.MULTILINE):
            blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
            found |= {section.partition("\n")[0]: "\n".join(each for each in blocks if "chorus admin" not in each)}
    return found


def walk(address, folder):
    """Run all commands; give what each section printed."""
    script = ["set -eu"]
    for title, commands in steps().items():
        script += [f"echo; echo '=== {title}'", commands.replace("http://127.0.0.1:3000", address)]
    done = subprocess.run(
        ["sh", "-c", "\n".join(script)], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    parts = re.split(r"^=== (.*)\n", done.stdout, flags=re.MULTILINE)[1:]
    return {title: text.strip() for title, text in zip(parts[::2], parts[1::2], strict=True)}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What the commands of each section printed; they are run once, for all who look at it."""
    folder = tmp_path_factory.mktemp("walk")

    async def run(valkey):
        environment = {"CHORUS_HOME": str(folder), "DATABASE_URL": fresh_sqlite(folder), "REDIS_URL": valkey.url}
        async with Instance(0, **environment, CHORUS_SIGN_UP="invite") as instance:
            return await asyncio.to_thread(walk, instance.address, folder)

    with Valkey() as valkey:
        return asyncio.run(run(valkey))


def test_a_newcomer_gets_from_sign_up_to_a_delivered_message(printed):
    assert json.loads(printed["Sign up"])["account"]["role"] == "owner"
    invited, *_ = printed["Invite somebody"].splitlines()
    assert json.loads(invited)["account"] == {"id": 2, "handle": "grace", "name": "Grace Hopper", "role": "member"}
    assert '"used":1' in printed["Invite somebody"]
    assert [channel["name"] for channel in json.loads(printed["Look around"])["channels"]] == ["general"]
    made, joined = map(json.loads, printed["Make a channel"].splitlines())
    assert (made["name"], joined["id"], joined["members"]) == ("plans", made["id"], 2)
    sent = json.loads(printed["Send a message"])
    delivered = json.loads(printed["See it delivered"])
    assert delivered == {"entries": [sent], "first": True, "last": True, "as_of": 1}
    admitted, ready, *entries, caught_up, live = printed["Receive it live"].splitlines()
    assert admitted.startswith('40{"sid":')
    assert ready.startswith('42["ready",{"account":2,')
    assert [json.loads(each[2:]) for each in entries] == [["entry", sent]]
    assert caught_up == '42["caught_up",{"1":1,"2":0}]'
    assert json.loads(live[2:])[1]["text"] == "Are you there?"
    edited, reacted, replied, thread = map(json.loads, printed["Change it, react, reply"].splitlines())
    assert [each["kind"] for each in (edited, reacted, replied)] == ["edited", "reacted", "posted"]
    assert (thread["root"]["text"], thread["root"]["reply_count"]) == ("Hello, *everybody*", 1)
    assert thread["root"]["reactions"] == [{"emoji": "👋", "accounts": [1]}]
    assert [reply["text"] for reply in thread["replies"]] == ["And hello from the thread"]
    attached = json.loads(printed["Attach files"])
    assert (attached["name"], attached["type"], attached["size"]) == ("notes.txt", "text/plain", 16)
    assert printed["Remember what was read"] == ""
    assert json.loads(printed["Stay signed in, sign out"])["account"]["handle"] == "ada"
    assert "message.send" in json.loads(printed["Live events"])["operations"]
    assert printed["Incoming webhooks"] == "ok"


def test_what_the_page_shows_is_what_the_server_answers(printed):
    shown = {
        section.splitlines()[0]: [json.loads(block) for block in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]
        for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)
    }

    for section in ("Make a channel", "Talk to one person, or a few"):
        assert shown[section] == [json.loads(printed[section].splitlines()[0])]
    [entry] = shown["Send a message"]
    assert entry | {"at": 0} == json.loads(printed["Send a message"]) | {"at": 0}


def test_every_code_stands_on_the_page_with_its_status():
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, flags=re.MULTILINE))

    assert rows == {code: str(status) for code, (status, _) in CODES.items()}
