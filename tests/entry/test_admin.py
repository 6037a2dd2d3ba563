"""Row 17: `chorus admin` does to the database what an operator wants, and the audit log says so."""

import asyncio
import contextlib
import io
import json
import socket
import sqlite3
import sys
from functools import partial

import pytest

from chorus.chat.actions import tokens
from chorus.chat.domain.accounts import Role
from chorus.chat.domain.audit import AuditFilter
from chorus.chat.live.announcements import NOTICES, AccountWasChanged, SessionEnded, read_notice
from chorus.cluster.cli.home import Home
from chorus.entry.commands.admin.desk import Desk
from chorus.entry.signing_key import signing_key
from chorus.realtime import RedisBackplane
from chorus.realtime.backplane.settings import RedisSettings
from parts.databases import in_store, on_both
from waiting import eventually


@pytest.fixture
def admin(command):
    """Run `chorus admin` with these words."""
    return partial(command, "admin")


def acts(url):
    async def look(store):
        lines = await store.audit(AuditFilter(), before=None, limit=50)
        assert all(line.actor == 0 and "@" in line.address for line in lines)
        return [line.act for line in reversed(lines)]

    return in_store(url, look)


@on_both
def test_an_owner_is_made_and_the_password_is_told_once(admin, database_url):
    """Row 17."""
    code, out, _ = admin("create-owner", "ada", "--name", "Ada L", "--json")
    told = json.loads(out)

    assert code == 0
    assert (told["account"]["handle"], told["account"]["name"], told["account"]["role"]) == ("ada", "Ada L", "owner")
    assert len(told["password"]) >= 12
    assert told["password"] not in admin("create-owner", "grace")[1]
    assert [each.role for each in in_store(database_url, lambda store: store.accounts())] == [Role.OWNER, Role.OWNER]
    assert acts(database_url) == ["account.owner_created"] * 2


async def signed_in_as_ada(store):
    """Open a session, "s"; gives the password's hash."""
    before = await store.credentials("ada")
    at = {"at": 1, "expires_at": 2**52}
    await store.create_session(session_id="s", account_id=before.account.id, refresh_hash=b"h", **at)
    return before.password_hash


@on_both
def test_another_password_ends_the_sessions_of_the_old_one(admin, database_url, monkeypatch):
    """Row 17."""
    admin("create-owner", "ada")

    before = in_store(database_url, signed_in_as_ada)
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long password\n"))
    code, out, _ = admin("reset-password", "ada", "--password", "--yes")

    assert code == 0
    assert "1 sessions ended" in out
    assert "a long password" not in out
    assert in_store(database_url, lambda store: store.session("s", at=2)) is None
    assert in_store(database_url, lambda store: store.credentials("ada")).password_hash != before
    assert acts(database_url)[-1] == "account.password_reset"


@on_both
def test_roles_are_given_and_accounts_put_out_of_use_and_back(admin, database_url):
    """Row 17."""
    admin("create-owner", "ada")
    admin("create-owner", "grace")
    assert admin("role", "@grace", "member")[0] == 0
    assert admin("role", "grace", "member")[0] == 0
    assert admin("deactivate", "grace", "--yes")[0] == 0
    assert [each.deactivated for each in in_store(database_url, lambda store: store.accounts())] == [False, True]
    assert admin("reactivate", "grace")[0] == 0

    assert [each.deactivated for each in in_store(database_url, lambda store: store.accounts())] == [False, False]
    assert acts(database_url)[2:] == ["account.role_changed", "account.deactivated", "account.reactivated"]


def test_a_bot_gets_neither_a_password_nor_another_role(admin, database_url):
    """Row 6: its tokens say what it may, and a session would be past them."""
    admin("create-owner", "ada")
    in_store(database_url, lambda store: store.integrations.create_bot(handle="helper", name="Helper", at=1))

    for words in (("reset-password", "helper", "--yes"), ("role", "helper", "member")):
        code, _, err = admin(*words)
        assert (code, "@helper is a bot" in err) == (2, True)
    assert in_store(database_url, lambda store: store.credentials("helper")).password_hash == ""
    assert acts(database_url) == ["account.owner_created"]


def test_nobody_is_left_without_an_owner_and_what_destroys_is_asked_for_first(admin, database_url):
    admin("create-owner", "ada")

    code, _, err = admin("deactivate", "ada", "--yes")
    assert (code, "somebody has to own the server" in err) == (1, True)
    admin("create-owner", "grace")
    for words in (("reset-password", "ada"), ("deactivate", "grace")):
        code, _, err = admin(*words)
        assert (code, "--yes" in err) == (1, True)
    assert acts(database_url) == ["account.owner_created"] * 2


def test_a_password_from_the_input_keeps_the_rules(admin, database_url, monkeypatch):
    admin("create-owner", "ada")
    before = in_store(database_url, lambda store: store.credentials("ada"))
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))

    code, _, err = admin("reset-password", "ada", "--password", "--yes")

    assert (code, "found 5 characters, expected at least 8" in err) == (1, True)
    assert in_store(database_url, lambda store: store.credentials("ada")) == before


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_a_question_is_asked_beside_the_result_and_the_end_of_input_is_a_no(admin, monkeypatch, answer, code):
    admin("create-owner", "ada")
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)

    found, out, err = admin("reset-password", "ada", "--json")

    told = json.loads(out)
    assert found == code
    assert "Sign @ada out everywhere and set another password? [y/N]" in err
    assert ("nothing was changed" in err) == bool(code)
    assert "account" in told if code == 0 else told["error"]["message"] == "nothing was changed"


def test_who_gives_no_password_at_the_terminal_changes_nothing(admin, database_url, monkeypatch):
    def at_its_end(prompt, stream):
        raise EOFError

    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr("getpass.getpass", at_its_end)

    code, out, err = admin("create-owner", "ada", "--password")

    assert (code, out, "nothing was changed" in err) == (1, "", True)
    assert in_store(database_url, lambda store: store.accounts()) == []


def test_who_is_put_out_of_use_twice_is_so_since_the_first_time(admin, database_url, monkeypatch):
    admin("create-owner", "ada")
    admin("create-owner", "grace")
    for now in (1000, 2000):
        monkeypatch.setattr(Desk, "now", lambda _, now=now: now)
        assert admin("deactivate", "grace", "--yes")[0] == 0

    with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as database:
        assert database.execute("SELECT deactivated_at FROM accounts WHERE handle = 'grace'").fetchall() == [(1000,)]
    assert acts(database_url).count("account.deactivated") == 1


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({"HOST": "::1"}, "http://[::1]:3000"),
        ({"HOST": "0.0.0.0"}, f"http://{socket.gethostname()}:3000"),
        ({"HOST": "::"}, f"http://{socket.gethostname()}:3000"),
        ({"HOST": "::", "CHORUS_ORIGINS": "https://chat.example.com"}, "https://chat.example.com"),
    ],
)
def test_the_link_of_an_invite_opens_elsewhere(admin, monkeypatch, variables, address):
    admin("create-owner", "ada")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    code, out, err = admin("invite")

    assert code == 0, err
    assert out.splitlines()[-1].startswith(f"{address}/#/invite/")


@on_both
def test_an_invite_is_a_link_that_the_chat_takes(admin, database_url, home):
    """Row 17."""
    admin("create-owner", "ada")
    code, out, _ = admin("invite", "--role", "guest", "--days", "2", "--most", "3")
    link = out.splitlines()[-1]
    invite_id = tokens.read_invite_token(link.partition("#/invite/")[2], key=signing_key(str(home)))
    found = in_store(database_url, lambda store: store.invite(invite_id))

    assert code == 0
    assert link.startswith("http://127.0.0.1:3000/#/invite/")
    assert (found.role, found.most, found.expires_at - found.created_at) == (Role.GUEST, 3, 2 * 86_400_000)
    assert acts(database_url)[-1] == "invite.created"


@pytest.mark.parametrize("found", ["nothing", "an empty folder"])
def test_a_database_made_before_the_first_start_lies_in_a_home_that_a_start_takes(admin, home, monkeypatch, found):
    fresh = home / "fresh"
    if found == "an empty folder":
        fresh.mkdir(mode=0o755)
    monkeypatch.setenv("CHORUS_HOME", str(fresh))
    monkeypatch.delenv("DATABASE_URL")

    assert admin("create-owner", "ada").code == 0
    Home(str(fresh)).prepare()
    assert (fresh / "data" / "chat.db").is_file()
    assert fresh.stat().st_mode & 0o777 == 0o700


def test_a_link_made_before_the_first_start_leaves_a_home_that_a_start_takes(admin, home, monkeypatch):
    fresh = home / "fresh"
    monkeypatch.setenv("CHORUS_HOME", str(fresh))

    admin("create-owner", "ada")
    assert not fresh.exists()
    assert admin("invite").code == 0
    Home(str(fresh)).prepare()
    assert (fresh / "state" / "jwt.secret").is_file()


def test_a_home_for_something_else_gets_no_database(admin, home, monkeypatch):
    other = home / "other"
    other.mkdir(mode=0o755)
    (other / "letter.txt").touch()
    monkeypatch.setenv("CHORUS_HOME", str(other))
    monkeypatch.delenv("DATABASE_URL")

    code, _, complaint = admin("create-owner", "ada")

    assert code == 1
    assert "a folder for something else" in complaint
    assert [each.name for each in other.iterdir()] == ["letter.txt"]


@on_both
def test_stats_say_how_much_there_is(admin):
    admin("create-owner", "ada")
    told = json.loads(admin("stats", "--json")[1])

    assert (told["accounts"], told["channels"], told["messages"]) == ({"owner": 1}, {"public": 1}, 0)
    assert told["database_bytes"] > 10_000
    assert "accounts   1 (1 owner), 0 deactivated" in admin("stats")[1]


def test_the_audit_log_is_shown_and_filtered(admin):
    admin("create-owner", "ada")
    admin("create-owner", "grace")
    admin("role", "grace", "admin")
    table = admin("audit")[1].splitlines()
    asked = ("--act", "account.role_changed", "--account", "grace", "--since", "1h", "--json")
    told = json.loads(admin("audit", *asked)[1])

    assert len(table) == 4
    assert "command line" in table[1]
    assert "from owner, to admin" in table[3]
    assert [line["act"] for line in told["lines"]] == ["account.role_changed"]


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["frobnicate"], 2, 'admin: unknown "frobnicate"'),
        (["reset-pasword", "ada"], 2, "Did you mean chorus admin reset-password?"),
        (["role", "ada"], 2, "Usage: chorus admin role HANDLE ROLE"),
        (["role", "ada", "king"], 2, 'found "king", expected owner, admin, member, guest'),
        (["stats", "--days", "3"], 2, "admin stats: takes no --days"),
        (["audit", "--since", "soon"], 2, 'found "soon", expected an age'),
        (["deactivate", "adda", "--yes"], 1, "Did you mean ada?"),
        (["create-owner", "a b"], 1, "handle: expected 2 to 32 letters"),
        (["create-owner", "ADA"], 1, "@ADA is taken"),
    ],
)
def test_a_wrong_word_is_named(admin, words, code, complaint):
    admin("create-owner", "ada")
    found, _, err = admin(*words)

    assert found == code
    assert complaint in err


def test_a_database_that_is_not_there_is_said_in_one_line(admin, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    code, _, err = admin("stats")

    assert code == 1
    assert "127.0.0.1:1/none" in err
    assert "Traceback" not in err


async def test_instances_that_run_hear_of_it_at_once(admin, database_url, valkey, monkeypatch):
    """Row 2: what ends, ends at once, also from the command line."""
    heard = []
    backplane = RedisBackplane(RedisSettings(url=valkey.url))
    backplane.subscribe(NOTICES, lambda message: heard.append(read_notice(message)))
    await backplane.start()
    monkeypatch.setenv("REDIS_URL", valkey.url)
    for words in (("create-owner", "ada"), ("create-owner", "grace"), ("deactivate", "grace", "--yes")):
        await asyncio.to_thread(admin, *words)
    await asyncio.to_thread(in_store, database_url, signed_in_as_ada)
    await asyncio.to_thread(admin, "reset-password", "ada", "--yes")

    await eventually(lambda: len(heard) == 2, what="notices of the deactivation and of the session that ended")
    assert isinstance(heard[0], AccountWasChanged)
    assert heard[0].account.deactivated
    assert heard[1] == SessionEnded("s")
    await backplane.close()
