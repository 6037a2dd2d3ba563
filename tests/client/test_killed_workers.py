"""Rows 16 and 18: a bot, while the worker that serves it is killed."""

import os
import signal

import httpx
import pytest

from chorus.client import Bot
from parts.bots import API, make_bot, make_token
from parts.cluster import Cluster
from parts.people import account, message
from waiting import eventually

pytestmark = pytest.mark.processes

MESSAGES = 12


async def test_a_bot_hears_and_answers_everything_once_while_its_worker_is_killed(home, running):
    with Cluster(home) as cluster:
        async with httpx.AsyncClient(base_url=cluster.address, headers={"origin": cluster.address}) as ada:
            await ada.post(f"{API}/accounts", json=account())
            _, secret = await make_token(ada, await make_bot(ada, "helper", 1), "read", "send")
            bot, heard = Bot(cluster.address, secret), []

            @bot.on_message
            async def answer(received):
                heard.append(received.text)
                await received.reply(f"heard {received.text}")

            take, served_by = bot._take, []

            async def spy(name, payload):
                served_by.extend([int(payload["instance"])] if name == "ready" else [])
                await take(name, payload)

            bot._take = spy
            await running(bot)
            writer = Bot(cluster.address, ada.cookies["chorus_access"])  # an owner's token does as well
            for number in range(MESSAGES):
                if number == 5:
                    os.kill(cluster.instances()[served_by[-1]]["pid"], signal.SIGKILL)
                await writer.send(1, str(number), client_id=message()["client_id"])
            await eventually(lambda: len(heard) >= MESSAGES, within=60, what="all messages")
            await eventually(lambda: all_said(writer), within=30, what="all answers")

    assert len(served_by) >= 2
    assert heard == [str(number) for number in range(MESSAGES)]


async def all_said(writer):
    page = await writer.ask("GET", "/channels/1/messages?limit=200")
    answers = [entry["text"] for entry in page["entries"] if entry["text"].startswith("heard")]
    assert len(answers) == len(set(answers))
    return sorted(answers) == sorted(f"heard {number}" for number in range(MESSAGES))
