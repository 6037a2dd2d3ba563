"""The chat built from its environment: what it serves, and what stops it from starting; one sentence a test."""

import asyncio
import sqlite3
import time

import pytest

from chorus.chat.domain.audit import Record
from chorus.chat.domain.retention import DAY
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.settings import DatabaseSettings
from chorus.entry import server
from chorus.entry.server import ChorusServer
from parts.bots import API, make_bot
from parts.databases import find_database
from parts.instance import Instance
from parts.people import account, message
from parts.ports import free_port
from parts.programs import Program, respond
from waiting import eventually


@pytest.fixture
def environment(valkey, request, home, tmp_path):
    database = find_database(request, tmp_path)
    return {"CHORUS_HOME": str(home), "DATABASE_URL": database, "REDIS_URL": valkey.url, "JWT_SECRET": "s" * 32}


async def _without(act, acts):
    return act not in await acts()


async def start(environment):
    """Begin the lifespan; gives why it did not start, or None when it did (and ends it)."""
    return (await beginning(environment)).get("message")


async def beginning(environment):
    """What the lifespan answers first."""
    told, heard = asyncio.Queue(), []

    async def send(message):
        heard.append(message)
        if message["type"] == "lifespan.startup.complete":
            told.put_nowait({"type": "lifespan.shutdown"})

    told.put_nowait({"type": "lifespan.startup"})
    await ChorusServer(environment)({"type": "lifespan"}, told.get, send)
    return heard[0]


# What it serves


async def test_the_page_stands_at_the_root(environment):
    async with Instance(0, **environment) as instance, instance.browse() as browser:
        answer = await browser.get("/")

    assert answer.status_code == 200
    assert answer.text.lower().startswith("<!doctype html>")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["etag"]


async def test_a_browser_that_has_the_page_gets_a_304(environment):
    async with Instance(0, **environment) as instance, instance.browse() as browser:
        etag = (await browser.get("/")).headers["etag"]
        again = await browser.get("/", headers={"if-none-match": etag})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/api/v1/server", "/health/live", "/nope"])
async def test_every_answer_names_the_instance_and_forbids_guessing(environment, path):
    async with Instance(7, **environment) as instance, instance.browse() as browser:
        answer = await browser.get(path)

    assert answer.headers["x-chorus-instance"] == "7"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for name in ("referrer-policy", "cross-origin-opener-policy", "cross-origin-resource-policy"):
        assert answer.headers[name] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_what_is_nowhere_is_a_problem_document(environment):
    async with Instance(0, **environment) as instance, instance.browse() as browser:
        answer = await browser.get("/nope")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_what_socket_io_asks_by_http_is_answered_in_its_own_words(environment):
    async with Instance(0, **environment) as instance, instance.browse() as browser:
        answer = await browser.get("/socket.io/?EIO=4&transport=carrier-pigeon")

    assert (answer.status_code, answer.json()["message"]) == (400, "Transport unknown")


async def test_health_names_database_and_redis_with_their_latency(environment):
    async with Instance(0, **environment) as instance, instance.browse() as browser:
        answer = (await browser.get("/health/ready")).json()

    assert answer["status"] == "ready"
    assert set(answer["checks"]) == {"database", "redis"}
    assert all(check["latency_ms"] >= 0 for check in answer["checks"].values())


async def test_without_the_adapter_an_instance_needs_no_redis(environment, valkey):
    valkey.stop()

    async with Instance(0, **environment, SOCKET_IO_REDIS_ADAPTER="false") as instance, instance.browse() as browser:
        answer = (await browser.get("/health/ready")).json()

    assert (answer["status"], set(answer["checks"])) == ("ready", {"database"})


async def test_with_lazy_connect_an_instance_starts_degraded_without_redis(environment, valkey):
    valkey.stop()

    async with Instance(0, **environment, REDIS_LAZY_CONNECT="true") as instance, instance.browse() as browser:
        answer = await browser.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


async def test_without_a_secret_one_is_made_that_outlives_the_instance(environment):
    """Two instances of a home believe each other's tokens, before and after a restart."""
    del environment["JWT_SECRET"]
    async with Instance(0, **environment) as first:
        ada = await first.sign_up()
    async with Instance(1, **environment) as second, second.browse() as browser:
        answer = await browser.get("/api/v1/me", headers={"authorization": f"Bearer {ada.cookies['chorus_access']}"})

    assert answer.json()["handle"] == "ada"


async def test_closed_sign_up_is_heard(environment):
    async with Instance(0, **environment, CHORUS_SIGN_UP="closed") as instance, instance.browse() as browser:
        answer = await browser.get("/api/v1/server")

    assert answer.json()["sign_up"] == "closed"


async def test_each_variable_of_the_chat_has_its_effect(environment, tmp_path):
    """CHORUS_NAME, _RATE_LIMIT, _FILES_URL, _FILE_LIMIT, _CALLABLE_NETWORKS and _AUDIT_DAYS."""
    store = open_store(DatabaseSettings(url=environment["DATABASE_URL"]))
    await store.start()
    now = int(time.time() * 1000)
    await store.set_retention(0, audit=[Record(act, now - age * DAY, 0) for act, age in (("old", 10), ("young", 8))])
    await store.close()
    variables = {
        "CHORUS_NAME": "Weather", "CHORUS_RATE_LIMIT": "4000", "CHORUS_FILES_URL": f"file://{tmp_path}/elsewhere",
        "CHORUS_FILE_LIMIT": "3", "CHORUS_CALLABLE_NETWORKS": "127.0.0.0/8", "CHORUS_AUDIT_DAYS": "9",
    }  # fmt: skip
    async with Program() as program, Instance(0, **environment, **variables) as instance:
        ada = await instance.sign_up()
        told = await ada.get(f"{API}/server")
        limits = await ada.get(f"{API}/bootstrap")
        await ada.post(f"{API}/channels/1/files", files={"file": ("notes.txt", b"what we decided")})
        program.answer = respond({"text": "Deployed"})
        bot = await make_bot(ada)
        await ada.post(f"{API}/commands", json={"name": "deploy", "bot": bot, "url": program.url})
        ran = await ada.post(f"{API}/channels/1/commands", json=message("/deploy"))

        async def acts():
            return [line["act"] for line in (await ada.get(f"{API}/audit")).json()["lines"]]

        await eventually(lambda: _without("old", acts), what="the old line to be gone")
        kept = await acts()

    assert told.json()["name"] == "Weather"
    assert limits.headers["x-ratelimit-limit"] == "1000"
    assert limits.json()["file_limit"] == 3 * 1024 * 1024
    assert any(path.is_file() for path in (tmp_path / "elsewhere").rglob("*"))
    assert ran.json()["told"]["text"] == "Deployed"
    assert "young" in kept


async def test_files_of_the_page_that_change_are_looked_for_in_development_alone(environment, monkeypatch):
    """CHORUS_ENV."""
    watched, page = [], server._page
    monkeypatch.setattr(server, "_page", lambda *, watch: watched.append(watch) or page(watch=watch))
    environment |= {"SOCKET_IO_REDIS_ADAPTER": "false", "REDIS_PASSWORD": "hunter2"}

    assert [await start(environment | {"CHORUS_ENV": each}) for each in ("development", "production")] == [None, None]
    assert watched == [True, False]


async def test_pages_of_an_allowed_origin_may_use_the_api_and_the_socket_with_their_cookies(environment):
    """Behind a proxy that passes on another Host; without the setting both refuse it."""
    public = "https://chat.example"
    async with Instance(0, **environment, CHORUS_ORIGINS=public) as instance, instance.browse(origin=public) as browser:
        made = await browser.post("/api/v1/accounts", json=account())
        client = await instance.connect(cookie=f"chorus_access={browser.cookies['chorus_access']}", origin=public)
        [ready] = await client.wait_for("ready")

    assert made.status_code == 201
    assert ready["account"] == made.json()["account"]["id"]


async def test_pages_of_another_origin_may_not(environment):
    async with Instance(0, **environment) as instance, instance.browse(origin="https://chat.example") as browser:
        refused = await browser.post("/api/v1/accounts", json=account())

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_before_it_has_started_it_is_unavailable(environment):
    sent = []

    async def send(message):
        sent.append(message)

    await ChorusServer(environment)({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send)

    assert sent[0]["status"] == 503


# What stops it


async def test_it_starts_and_ends(environment):
    assert await start(environment) is None


async def test_a_wrong_variable_is_named(environment):
    reason = await start(environment | {"DATABASE_CONNECTION_LIMIT": "many"})

    assert reason == "DATABASE_CONNECTION_LIMIT: found 'many', expected a whole number from 1 to 1000"


async def test_production_names_every_variable_it_misses_in_one_line(environment):
    del environment["JWT_SECRET"]
    reason = await start(environment | {"CHORUS_ENV": "production"})

    assert "JWT_SECRET" in reason
    assert "REDIS_PASSWORD" in reason
    assert "\n" not in reason


async def test_a_database_out_of_reach_is_named_with_its_variable_and_without_its_password(environment, monkeypatch):
    """DATABASE_MAX_RETRIES, DATABASE_RETRY_DELAY; Troubleshooting: database down."""
    url = f"postgresql://chorus:hunter2@127.0.0.1:{free_port()}/chat"

    waits, sleep = [], asyncio.sleep

    async def wait(seconds):
        waits.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", wait)

    reason = await start(environment | {"DATABASE_URL": url, "DATABASE_MAX_RETRIES": "2", "DATABASE_RETRY_DELAY": "10"})

    assert reason.startswith("DATABASE_URL: ")
    assert reason.endswith("tried 3 times")
    assert waits.count(0.01) == 2
    assert "127.0.0.1" in reason
    assert "hunter2" not in reason
    assert "\n" not in reason


async def test_a_database_file_that_is_none_is_named_with_what_was_found_and_not_tried_again(environment, tmp_path):
    """Waiting does not mend it: exit code 1, not the one of what is away for now."""
    path = tmp_path / "chat.db"
    path.write_text("this is a letter, and no database at all\n" * 50)
    async with asyncio.timeout(60):
        failed = await beginning(environment | {"DATABASE_URL": f"sqlite:///{path}", "DATABASE_RETRY_DELAY": "3600000"})

    assert failed["exit_code"] == 1
    assert failed["message"].startswith(
        f"DATABASE_URL: found {path}: file is not a database; expected an SQLite database"
    )


async def test_a_database_of_a_newer_version_is_named_with_what_to_do_and_not_tried_again(environment):
    """Row 23: this version has to keep away from it, however long it waits."""
    assert await start(environment) is None
    with sqlite3.connect(environment["DATABASE_URL"].removeprefix("sqlite:///")) as database:
        database.execute("UPDATE server SET oldest_code = 999")

    async with asyncio.timeout(60):
        failed = await beginning(environment | {"DATABASE_RETRY_DELAY": "3600000"})

    assert failed["exit_code"] == 1
    assert failed["message"].startswith("DATABASE_URL: the database is for versions that know its step 999")
    assert failed["message"].endswith("; start a newer version of Chorus")


async def test_a_database_file_in_no_folder_we_may_write_is_named(environment, tmp_path):
    (tmp_path / "file").write_text("")

    reason = await start(environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/file/chat.db"})

    assert reason.startswith("DATABASE_URL: ")


async def test_a_database_in_a_folder_that_is_not_there_makes_none(environment, tmp_path):
    told = await start(environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/gone/chat.db"})

    assert told == f"DATABASE_URL: there is no folder {tmp_path}/gone for chat.db"
    assert not (tmp_path / "gone").exists()


async def test_the_data_folder_of_the_home_is_made(environment, home):
    del environment["DATABASE_URL"]

    assert await start(environment) is None
    assert (home / "data" / "chat.db").is_file()
    assert (home / "data").stat().st_mode & 0o777 == 0o700


async def test_a_redis_out_of_reach_is_named_with_its_variables_and_without_its_password(environment):
    port = free_port()
    del environment["REDIS_URL"]

    reason = await start(
        environment | {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(port), "REDIS_PASSWORD": "hunter2"}
    )

    assert f"127.0.0.1:{port}" in reason
    assert "REDIS_HOST" in reason
    assert "REDIS_PORT" in reason
    assert "hunter2" not in reason
    assert "\n" not in reason


async def test_what_is_away_is_to_be_tried_again_and_what_is_wrong_is_not(environment):
    """75 is EX_TEMPFAIL, for which the manager knows no end of tries."""
    gone = {"DATABASE_MAX_RETRIES": "0", "REDIS_MAX_RETRIES": "0"}
    database = f"postgresql://chorus@127.0.0.1:{free_port()}/chat"
    redis = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}"}

    answers = [
        await beginning(environment | gone | {"DATABASE_URL": database}),
        await beginning(environment | gone | redis),
        await beginning(environment | {"DATABASE_CONNECTION_LIMIT": "many"}),
    ]

    assert [answer["exit_code"] for answer in answers] == [75, 75, 1]


async def test_a_start_that_failed_leaves_nothing_open(environment, caplog):
    """The database, which was open already, is closed again."""
    del environment["REDIS_URL"]
    await start(environment | {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(free_port())})

    def left():
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    await eventually(lambda: not left(), what="what ends to have ended")
