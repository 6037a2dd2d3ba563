"""A chat in production, and a shell that does not have its secrets: it finds what runs, and takes nothing down."""

import pytest

from chorus.chat.actions import tokens
from parts.databases import tables_in
from parts.shell import Shell

pytestmark = pytest.mark.processes

SECRETS = {"JWT_SECRET": "j" * 32, "REDIS_PASSWORD": "hunter2", "HOST": "127.0.0.1"}


def test_another_shell_finds_what_runs_and_takes_nothing_down(shell: Shell):
    tables_in(shell.home)
    shell.ok("start", "-i", "1", "--env", "production", **SECRETS)
    pids = shell.pids()
    configuration = shell.home / "state" / "valkey.conf"
    before = configuration.read_text()

    assert "answers in" in shell.ok("redis")

    again = shell.chorus("start")
    assert (again.returncode, again.stdout) == (0, f"Chorus runs already at http://127.0.0.1:{shell.port}\n")
    assert "not applied to what runs: this shell's settings: REDIS_PASSWORD: found nothing" in again.stderr

    other = shell.chorus("start", "--env", "production", **{**SECRETS, "REDIS_PASSWORD": "hunter3"})
    assert "not applied to what runs: REDIS_PASSWORD" in other.stderr
    assert configuration.read_text() == before

    for command in ("restart", "reload"):
        refused = shell.chorus(command, "--env", "prodution")
        assert refused.returncode == 1
        assert "chat: CHORUS_ENV: found 'prodution', expected development or production" in refused.stderr
        assert "Nothing was changed." in refused.stderr
        assert "chorus stop && chorus start --env prodution" in refused.stderr
    assert shell.pids() == pids

    for name in ("REDIS_PASSWORD", "JWT_SECRET"):
        assert f"this shell's settings: {name}: found" in again.stderr

    shell.ok("admin", "create-owner", "ada", "--name", "Ada")
    link = shell.ok("admin", "invite").splitlines()[-1]
    address, _, token = link.partition("/#/invite/")
    assert address == f"http://127.0.0.1:{shell.port}"
    assert tokens.read_invite_token(token, key=SECRETS["JWT_SECRET"]), "sealed with the key of the chat that runs"

    shell.ok("stop", "valkey")
    down = shell.chorus("start")
    assert (down.returncode, down.stdout) == (1, "")
    assert "REDIS_PASSWORD: found nothing" in down.stderr
