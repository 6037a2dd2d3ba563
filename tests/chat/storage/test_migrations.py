"""From an empty database to the tables of schema.py."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from uuid import uuid4

import psutil
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.util import greenlet_spawn

from chorus.chat.domain.bots import BotToken
from chorus.chat.domain.entries import EntryKind, NewEntry
from chorus.chat.domain.errors import DatabaseUnavailable, Outdated
from chorus.chat.domain.incoming import IncomingWebhook
from chorus.chat.domain.outgoing import OutgoingWebhook
from chorus.chat.domain.scopes import Scope
from chorus.chat.storage import migrate, schema
from chorus.chat.storage.opening import open_store
from chorus.chat.storage.postgres_connection import open_engine
from chorus.chat.storage.schema_version import _migrate, require_code, revision
from chorus.chat.storage.settings import DatabaseSettings
from chorus.chat.storage.urls import parse_database_url


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/chat.db"


def differences(connection):
    ignored = ("search_words", "ix_search_documents_words") if connection.dialect.name == "sqlite" else ()
    options = {"compare_type": True, "include_object": lambda _, name, *__: not str(name).startswith(ignored)}
    return compare_metadata(MigrationContext.configure(connection, opts=options), schema.as_made())


def test_the_steps_make_the_tables_of_the_code_on_sqlite(url):
    migrate.upgrade(DatabaseSettings(url=url))
    with create_engine(url).connect() as connection:
        assert differences(connection) == []


@pytest.mark.postgres
async def test_the_steps_make_the_tables_of_the_code_on_postgresql(postgres_url):
    settings = DatabaseSettings(url=postgres_url)
    await asyncio.to_thread(migrate.upgrade, settings)
    engine = open_engine(parse_database_url(postgres_url), settings, statement_timeout=None)

    def look():
        with engine.connect() as connection:
            found = differences(connection)
        engine.dispose()
        return found

    assert await greenlet_spawn(look) == []


def test_the_code_knows_the_newest_step():
    config = Config()
    config.set_main_option("script_location", f"{migrate.__file__.removesuffix('migrate.py')}migrations")

    assert int(ScriptDirectory.from_config(config).get_current_head()) == schema.HEAD


def test_the_file_keeps_a_write_ahead_log(url, tmp_path):
    migrate.upgrade(DatabaseSettings(url=url))

    assert sqlite3.connect(tmp_path / "chat.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)


class Busy:
    """A file that others are at, so many times; then its journal is of this kind."""

    def __init__(self, times, mode="wal"):
        self.times, self.mode = times, mode

    def execute(self, _statement):
        self.times -= 1
        if self.times >= 0:
            raise sqlite3.OperationalError("database is locked")
        return self

    def fetchone(self):
        return (self.mode,)


def test_a_file_that_others_are_at_is_waited_for_as_long_as_is_said():
    migrate._switch_to_wal(Busy(2), 60.0)

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        migrate._switch_to_wal(Busy(2), -1.0)


def test_a_file_system_that_keeps_no_write_ahead_log_is_named_as_that():
    with pytest.raises(DatabaseUnavailable, match="keeps no write-ahead log: journal mode is delete"):
        migrate._switch_to_wal(Busy(0, "delete"), 60.0)


def test_no_step_was_taken_where_none_is_written_down():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        before = revision(connection)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")

        assert (before, revision(connection)) == (0, 0)


@pytest.mark.processes
async def test_steps_that_take_too_long_are_given_up_and_nobody_goes_on_with_them(url, tmp_path):
    with sqlite3.connect(tmp_path / "chat.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")

        with pytest.raises(DatabaseUnavailable, match="schema: not up to date after 1 s"):
            await _migrate(DatabaseSettings(url=url, migration_timeout=1.0))
        left = [each for each in psutil.Process().children() if "chorus.chat.storage.migrate" in each.cmdline()]
        other.execute("ROLLBACK")

    assert left == []


@pytest.mark.processes
async def test_what_lies_in_the_folder_of_whoever_starts_is_no_code_of_ours(url, tmp_path, monkeypatch):
    (tmp_path / "alembic.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])

    await _migrate(DatabaseSettings(url=url))

    assert sqlite3.connect(tmp_path / "chat.db").execute("SELECT count(*) FROM server").fetchone() == (1,)


async def test_what_an_older_version_appends_after_the_step_is_a_message_like_any_other(url, tmp_path):
    """Row 23: an older instance keeps working beside a newer one."""
    migrate.upgrade(DatabaseSettings(url=url), to="0001")
    columns = "channel_id, seq, kind, at, sender_id, client_id, text, html"
    older = f"INSERT INTO entries ({columns}) VALUES (1, ?, ?, ?, ?, ?, ?, ?)"
    rows = [(seq, "posted", 1, 2, f"{seq:032x}", "hi", "<p>hi</p>") for seq in (1, 2)]
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("INSERT INTO channels VALUES (1, 'general', '', 1, 1, 1, 1)")
        database.execute("INSERT INTO memberships VALUES (1, 1, 0, 1)")
        database.execute(older, rows[0])
    migrate.upgrade(DatabaseSettings(url=url))
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute(older, rows[1])
        database.execute("UPDATE channels SET last_seq = 2")
    store = open_store(DatabaseSettings(url=url))
    await store.start()

    assert [entry.text for entry in (await store.history(1, 1, limit=9)).entries] == ["hi", "hi"]
    assert (await store.joined_channel(1, 1)).unread == 2
    await store.close()


def test_the_file_is_its_owners_alone(url, tmp_path):
    umask = os.umask(0o022)
    try:
        migrate.upgrade(DatabaseSettings(url=url))
    finally:
        os.umask(umask)

    assert oct((tmp_path / "chat.db").stat().st_mode & 0o777) == "0o600"


@pytest.mark.processes
async def test_a_store_that_starts_keeps_its_files_to_their_owner(tmp_path):
    store = open_store(DatabaseSettings(url=f"sqlite:///{tmp_path}/chat.db"))
    umask = os.umask(0o022)
    try:
        await store.start()
        await store.create_account(handle="ada", name="Ada", password_hash="h", at=1, role=None)
    finally:
        os.umask(umask)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
    await store.close()

    assert modes == dict.fromkeys(("chat.db", "chat.db-wal", "chat.db-shm"), "0o600")


def test_a_second_run_changes_nothing(url, tmp_path):
    for _ in range(2):
        migrate.upgrade(DatabaseSettings(url=url))

    assert sqlite3.connect(tmp_path / "chat.db").execute("SELECT count(*) FROM server").fetchone() == (1,)


@pytest.mark.processes
async def test_a_store_that_starts_makes_its_file_and_tables(tmp_path):
    store = open_store(DatabaseSettings(url=f"sqlite:///{tmp_path}/chat.db"))
    await store.start()

    assert not await store.has_accounts()
    await store.close()


async def test_a_newer_versions_database_is_used_as_it_is(url, tmp_path, monkeypatch):
    migrate.upgrade(DatabaseSettings(url=url))
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0999'")
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    store = open_store(DatabaseSettings(url=url))
    await store.start()

    assert not await store.has_accounts()
    await store.close()


def test_a_newer_versions_database_has_all_steps_that_this_one_knows(url, tmp_path):
    """Row 23: also when it became one between the look and the steps, or for somebody who asks by hand."""
    migrate.upgrade(DatabaseSettings(url=url))
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0999'")
    migrate.upgrade(DatabaseSettings(url=url))

    assert sqlite3.connect(tmp_path / "chat.db").execute("SELECT * FROM alembic_version").fetchall() == [("0999",)]


@pytest.mark.processes
async def test_steps_that_fail_are_told_in_one_line(tmp_path):
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("CREATE TABLE accounts (x)")
    store = open_store(DatabaseSettings(url=f"sqlite:///{tmp_path}/chat.db"))

    with pytest.raises(DatabaseUnavailable, match=r"^schema: .*table accounts already exists"):
        await store.start()
    await store.close()


def test_a_worker_does_not_load_alembic():
    """It would cost each worker 20 MB and a quarter of a second at every start."""
    code = "import sys, chorus.chat.storage.opening; sys.exit('alembic' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False).returncode
        == 0
    )


def test_the_program_refuses_a_url_in_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "chorus.chat.storage.migrate", "mysql://u:secret@h/d"],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Invalid: DATABASE_URL: found scheme 'mysql'")
    assert "secret" not in done.stderr


def test_code_that_knows_the_step_that_keeps_older_code_away_goes_on():
    """Row 23."""
    require_code(schema.HEAD)

    with pytest.raises(Outdated):
        require_code(schema.HEAD + 1)


async def test_code_that_is_too_old_for_the_rows_does_not_start(url, tmp_path):
    """Row 23: an older instance must not take for public what it does not know to be private."""
    migrate.upgrade(DatabaseSettings(url=url))
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0999'")
        database.execute("UPDATE server SET oldest_code = 999")
    store = open_store(DatabaseSettings(url=url))

    with pytest.raises(Outdated, match=f"for versions that know its step 999; this one knows {schema.HEAD}"):
        await store.start()
    await store.close()


async def test_an_instance_that_becomes_too_old_is_not_ready_and_answers_nobody(url, tmp_path):
    """Row 23: from the newer version's step on, in the middle of a reload."""
    migrate.upgrade(DatabaseSettings(url=url))
    store = open_store(DatabaseSettings(url=url))
    await store.start()
    made = await store.create_account(handle="ada", name="Ada", password_hash="h", at=1, role=None)
    await store.create_session(session_id="s", account_id=made.account.id, refresh_hash=b"h", at=1, expires_at=9)
    assert await store.session("s", at=2) is not None
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("UPDATE server SET oldest_code = 999")

    with pytest.raises(Outdated):
        await store.session("s", at=2)
    with pytest.raises(Outdated):
        await store.ping()
    await store.close()


async def test_an_instance_that_becomes_too_old_serves_no_bot_and_no_webhook_and_takes_nothing_away(url, tmp_path):
    """Row 23: what comes without anybody's session, and what an instance does by itself."""
    migrate.upgrade(DatabaseSettings(url=url))
    store = open_store(DatabaseSettings(url=url))
    await store.start()
    ada = (await store.create_account(handle="ada", name="Ada", password_hash="h", at=1, role=None)).account
    bot = await store.integrations.create_bot(handle="bot", name="Bot", at=1)
    await store.add_member(ada.id, bot.id, 1, at=1)
    token = BotToken("t", bot.id, "token", (Scope.READ,), 1)
    await store.integrations.create_token(token, secret_hash=b"h")
    await store.integrations.create_incoming(IncomingWebhook("in", bot.id, 1, "CI", ada.id, 1), secret_hash=b"h")
    told = OutgoingWebhook("out", bot.id, 1, "out", "https://a.example", (), ada.id, 1)
    await store.integrations.create_outgoing(told, secret="s")
    await store.append(NewEntry(1, EntryKind.POSTED, 2, ada.id, uuid4(), "hello", "<p>hello</p>"))
    served = [
        lambda: store.integrations.token("t"),
        lambda: store.session("t", at=2),
        lambda: store.integrations.find_incoming("in"),
        store.integrations.take_in,
        lambda: store.integrations.claim(at=3, until=4, limit=1),
        lambda: store.claim_sweep(at=10**6, period=1),
    ]
    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("UPDATE server SET oldest_code = 999")
    for each in served:
        with pytest.raises(Outdated):
            await each()

    with sqlite3.connect(tmp_path / "chat.db") as database:
        database.execute("UPDATE server SET oldest_code = 0")
    assert all([await each() for each in served])
    await store.close()


def test_a_step_that_keeps_older_code_away_writes_so(url, tmp_path):
    migrate.upgrade(DatabaseSettings(url=url), to="0007")
    migrate.upgrade(DatabaseSettings(url=url))

    assert sqlite3.connect(tmp_path / "chat.db").execute("SELECT oldest_code FROM server").fetchone() == (9,)
