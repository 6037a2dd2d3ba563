"""Mattermost's published mix of what people do, and how many of them two processors serve within its bounds.

What a user does, how often and how long it rests is written in `load/users.c`; the weights and the pace are those of
mattermost-load-test-ng (`simulcontroller`: 1 s at least between two acts, 20 s on average). Users come in groups of 100
that share 20 private channels, so a message goes to 100 people who are all there.

Two instances on whichever of the two processors is free; PostgreSQL, Redis and the users are on the second one as well.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, cast

import asyncpg

from bench.contenders import running
from bench.durable import Chat, write_script
from bench.load.generator import build
from bench.load.users import SOURCE, Step, steps
from bench.machine import allow_descriptors
from bench.postgres import postgres
from bench.scenario import Comparison, Request, Scenario
from bench.valkey import valkey
from chorus.chat.actions import tokens

FIRST, STEP, MOST = 500, 500, 10_000
GROUP, CHANNELS, MESSAGES = 100, 20, 60
INSTANCES, SECONDS = 2, 20.0
MEAN_MS, P99_MS, ERRORS = 100.0, 2000.0, 0.00025
DAY_MS = 24 * 3600 * 1000

_FILL = (
    """INSERT INTO accounts (id, handle, handle_key, name, role, password_hash, created_at)
       SELECT 1000 + n, 'user' || n, 'user' || n, 'User ' || n, 'member', 'none', $1
       FROM generate_series(0, $2::int - 1) n""",
    """INSERT INTO sessions (id, account_id, refresh_hash, created_at, refreshed_at, expires_at)
       SELECT 'session' || n, 1000 + n, sha256(('s' || n)::bytea), $1, $1, $1 + $3::bigint
       FROM generate_series(0, $2::int - 1) n""",
    """INSERT INTO channels (id, name, topic, for_all, last_seq, members, created_at, kind, creator_id)
       SELECT 1000 + n, 'channel' || n, '', false, $4, $5, $1, 'private', 1000
       FROM generate_series(0, $2::int / $5::int * $3::int - 1) n""",
    """INSERT INTO memberships (account_id, channel_id, read_seq, joined_at)
       SELECT 1000 + n, 1000 + n / $3::int * $4::int + c, $5, $1
       FROM generate_series(0, $2::int - 1) n, generate_series(0, $4::int - 1) c""",
    """INSERT INTO entries (channel_id, seq, kind, at, sender_id, client_id, text, html)
       SELECT 1000 + c, n, 'posted', $1, 1000, gen_random_uuid(), 'Hello again', '<p>Hello again</p>'
       FROM generate_series(0, $2::int - 1) c, generate_series(1, $3::int) n""",
    "INSERT INTO search_positions SELECT id, last_seq FROM channels WHERE id >= 1000",
)


def run(request: Request) -> Comparison:
    """Raise the number of users until a bound is crossed.

    Raises:
        ScenarioFailed: a server or the load did not start, or ended early.
    """
    allow_descriptors(MOST + 2000)
    program = build(SOURCE, request.folder, "-lm")
    seen: list[Step] = []
    with postgres(request.folder) as url, valkey() as redis, ExitStack() as stack:
        chat = Chat(url, request.folder, people=1, channels=1)
        asyncio.run(_fill(url))
        script = _script(chat, request.folder / "users.txt")
        servers = [
            stack.enter_context(running(chat.contender(), redis_port=redis, pinned=False)) for _ in range(INSTANCES)
        ]
        seconds = request.seconds or SECONDS
        with closing(steps(program, servers, script, first=FIRST, step=STEP, most=MOST, seconds=seconds)) as measured:
            for step in measured:
                seen.append(step)
                request.progress(f"{step.users:>6,} users  mean {step.mean_ms:7.1f} ms  p99 {step.p99_ms:8.1f} ms")
                if not within(step):
                    break
    return compared(seen)


SCENARIO = Scenario("mix", "Mattermost's mix of what people do: how many within its bounds", run)


def within(step: Step) -> bool:
    """Whether the users were served as Mattermost's bounds ask."""
    return step.mean_ms < MEAN_MS and step.p99_ms < P99_MS and step.error_share < ERRORS


def compared(seen: Sequence[Step]) -> Comparison:
    """The table; its figure is the last number of users within the bounds."""
    rows = [
        (
            "within" if within(step) else "crossed",
            f"{step.users:,}",
            f"{step.mean_ms:.1f}",
            f"{step.p99_ms:.1f}",
            f"{100 * step.error_share:.3f} %",
            f"{step.count / step.seconds:,.0f}",
            f"{step.posts / step.seconds:.1f}",
            f"{step.deliveries / step.seconds:,.0f}",
        )
        for step in seen
    ]
    columns = ("bounds", "users", "mean ms", "p99 ms", "errors", "answers / s", "posts / s", "deliveries / s")
    most = max((step.users for step in seen if within(step)), default=0)
    title = f"Mattermost's mix on two processors: {most:,} users within mean {MEAN_MS:g} ms, p99 {P99_MS / 1000:g} s"
    return Comparison(title, columns, rows, [{"name": "chorus", "users": most}])


async def _fill(url: str) -> None:
    now, channels = int(time.time() * 1000), MOST // GROUP * CHANNELS
    connection: Any = await cast("Any", asyncpg).connect(url)
    for statement, values in zip(
        _FILL,
        (
            (now, MOST),
            (now, MOST, DAY_MS),
            (now, MOST, CHANNELS, MESSAGES, GROUP),
            (now, MOST, GROUP, CHANNELS, MESSAGES),
            (now, channels, MESSAGES),
            (),
        ),
        strict=True,
    ):
        await connection.execute(statement, *values)
    await connection.execute("ANALYZE")
    await connection.close()


def _script(chat: Chat, path: Path) -> Path:
    def line(number: int) -> tuple[str, str]:
        token = tokens.sign_access_token(
            secret=chat.secret,
            account_id=1000 + number,
            session_id=f"session{number}",
            now=time.time(),
            lifetime=DAY_MS // 1000,
        )
        first = 1000 + number // GROUP * CHANNELS
        return token, ",".join(str(channel) for channel in range(first, first + CHANNELS))

    return write_script(path, [line(number) for number in range(MOST)])
