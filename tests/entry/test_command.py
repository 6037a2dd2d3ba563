"""What Chorus brings to the command line: its applications, its Valkey, its check of Redis."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import redis

from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.home import Home
from chorus.cluster.cli.main import main
from chorus.cluster.cli.product import Wish
from chorus.entry import bundled_valkey
from chorus.entry.builtin import applications, objections
from chorus.entry.command import PRODUCT
from chorus.entry.settings import from_environment
from chorus.entry.signing_key import signing_key
from parts.valkey import Valkey

PASSWORD = 'a "quoted"\\ pass wörd\n'


def wish(home: Path, instances: int | None = None, **environment: str) -> Wish:
    """What `chorus start` asks for in this environment."""
    place = Home(str(home))
    place.prepare()
    return Wish(place, environment, "/srv/here", instances)


def test_the_chat_has_the_operators_figures(home: Path):
    """Every one of them is a promise of the operators' document."""
    *_, chat = applications(wish(home))

    assert (chat.name, chat.app, chat.instances) == ("chat", "chorus.entry.server:application", 2)
    assert (chat.host, chat.port, chat.cwd) == ("127.0.0.1", 3000, "/srv/here")
    assert (chat.min_uptime, chat.max_restarts, chat.restart_window, chat.restart_delay) == (10.0, 5, 3600.0, 4.0)
    assert (chat.max_memory_restart, chat.kill_timeout) == (1024**3, 10.0)
    assert chat.health is not None
    assert (chat.health.path, chat.health.grace) == ("/health/ready", 3.0)
    assert [chat.resolve(path or "") for path in (chat.out_file, chat.error_file, chat.combined_file)] == [
        "/srv/here/logs/out.log",
        "/srv/here/logs/err.log",
        "/srv/here/logs/combined.log",
    ]


def test_no_second_valkey_can_be_scaled_beside_the_first_and_its_socket_is_looked_at(home: Path):
    """It has its socket and its folder for itself."""
    valkey, _ = applications(wish(home))

    assert valkey.max_instances == 1
    assert valkey.max_memory_restart is None, "it bounds itself, and is not restarted for what it holds"
    assert valkey.health is not None
    assert (valkey.health.connect, valkey.health.ask) == (f"{home}/run/valkey.sock", "PING\r\n")


@pytest.mark.parametrize("file", ["/nonexistent/dir/x.db", "nowhere/x.db"])
def test_a_database_in_a_folder_that_is_not_there_is_refused_by_name(home: Path, tmp_path: Path, file: str):
    """A mistyped path must not make folders anywhere; the one in the home is ours to make."""
    place = wish(home, DATABASE_URL=f"sqlite:///{file}")._replace(directory=str(tmp_path))

    with pytest.raises(CommandFailed, match="DATABASE_URL: found a file in /"):
        applications(place)

    assert not os.path.exists("/nonexistent")
    assert list(tmp_path.iterdir()) == []


def test_number_and_place_are_what_was_asked_for(home: Path):
    *_, chat = applications(wish(home, instances=5, PORT="8080", HOST="::1"))

    assert (chat.instances, chat.host, chat.port) == (5, "::1", 8080)


def test_alerts_of_the_chat_go_where_the_variable_says_and_its_value_stays_in_the_variables(home: Path):
    """CHORUS_ALERT_WEBHOOK: a secret address, so no specification has it."""
    *_, silent = applications(wish(home))
    *_, telling = applications(wish(home, CHORUS_ALERT_WEBHOOK="https://hooks.example/secret"))

    assert (silent.alerts.webhook, telling.alerts.webhook) == (None, "$CHORUS_ALERT_WEBHOOK")


def test_a_chat_without_the_secrets_of_production_may_not_be_run_there(home: Path):
    """What `restart --env production` is told before it touches anything; other programs are nobody's business here."""
    *_, chat = applications(wish(home))
    production = msgspec.structs.replace(chat, environment="production")

    assert objections(chat) == []
    assert [line.partition(":")[0] for line in objections(production)] == ["REDIS_PASSWORD", "JWT_SECRET"]
    assert objections(msgspec.structs.replace(production, app="shop:application")) == []


def test_the_bundled_valkey_starts_first_and_says_when_it_is_ready(home: Path):
    valkey, chat = applications(wish(home))

    assert (valkey.name, chat.name) == ("valkey", "chat")
    assert valkey.says_ready
    assert valkey.port is None


def test_a_redis_elsewhere_takes_the_place_of_the_bundled_one(home: Path):
    specs = applications(wish(home, REDIS_HOST="cache"))

    assert [spec.name for spec in specs] == ["chat"]


def test_a_wrong_environment_is_refused_and_nothing_is_written(home: Path):
    with pytest.raises(CommandFailed) as caught:
        applications(wish(home, CHORUS_ENV="production", PORT="x"))

    assert [line.partition(":")[0] for line in (caught.value.message, *caught.value.detail)] == [
        "REDIS_PASSWORD",
        "PORT",
        "JWT_SECRET",
    ]
    assert list((home / "state").iterdir()) == []


def test_the_signing_key_of_development_is_made_once_for_its_owner_alone(home: Path):
    applications(wish(home))
    first = signing_key(str(home))
    applications(wish(home))

    assert signing_key(str(home)) == first
    assert len(first) >= 32
    assert (home / "state" / "jwt.secret").stat().st_mode & 0o777 == 0o600


def test_of_two_who_make_the_signing_key_at_the_same_time_both_have_the_same(home: Path, monkeypatch):
    """JWT_SECRET: an instance that finds none while another is making one takes that of the other."""
    first = signing_key(str(home))
    monkeypatch.setattr(os.path, "exists", lambda _: False)

    assert signing_key(str(home)) == first
    assert [path.name for path in (home / "state").iterdir()] == ["jwt.secret"]


def test_a_signing_key_of_the_environment_is_not_written_down(home: Path):
    applications(wish(home, JWT_SECRET="k" * 40))

    assert not (home / "state" / "jwt.secret").exists()


def test_the_configuration_of_valkey_is_its_owners_alone(home: Path):
    """The password stands in it."""
    applications(wish(home, REDIS_PASSWORD="secret"))

    assert (home / "state" / "valkey.conf").stat().st_mode & 0o777 == 0o600


@pytest.mark.processes
def test_the_bundled_valkey_listens_on_its_socket_alone_with_its_password_and_says_ready(home: Path):
    """REDIS_PASSWORD; Security.

    The launcher becomes the server: the process that was started is the one that serves, and it has no child.
    """
    settings = from_environment(wish(home, CHORUS_HOME=str(home), REDIS_PASSWORD=PASSWORD).environment)
    bundled_valkey.write_configuration(settings)
    spec = bundled_valkey.specification(settings, str(home))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(home / "notify.sock"))
        notify.settimeout(30)
        environment = {**os.environ, "NOTIFY_SOCKET": str(home / "notify.sock")}
        with subprocess.Popen(
            spec.command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        ) as server:
            said = notify.recv(4096).decode().splitlines()
            with redis.Redis(unix_socket_path=str(home / "run" / "valkey.sock"), password=PASSWORD) as client:
                facts = client.info()
                settings_there = client.config_get("*")
            with socket.socket(socket.AF_UNIX) as nobody:
                nobody.connect(str(home / "run" / "valkey.sock"))
                nobody.sendall(b"PING\r\n")
                refusal = nobody.recv(4096)
            mode = (home / "run" / "valkey.sock").stat().st_mode & 0o777
            children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
            server.terminate()

    assert "READY=1" in said
    assert facts["process_id"] == server.pid
    assert children == []
    assert (settings_there["port"], settings_there["appendonly"], settings_there["save"]) == ("0", "yes", "")
    assert (settings_there["maxmemory"], settings_there["maxmemory-policy"]) == (str(512 * 1024**2), "noeviction")
    assert mode == 0o600
    assert refusal.startswith(b"-NOAUTH")
    assert server.returncode == 0


def asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path, **environment: str):
    """`chorus redis` in this environment: its exit code, and what it wrote to the two streams."""
    for name in [name for name in os.environ if name.startswith(("REDIS", "CHORUS"))]:
        monkeypatch.delenv(name)
    for name, value in {"CHORUS_HOME": str(home), **environment}.items():
        monkeypatch.setenv(name, value)
    code = main(["redis"], PRODUCT)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_redis_that_answers_is_told_with_its_version_and_latency(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path, valkey: Valkey
):
    code, out, _ = asked(capsys, monkeypatch, home, REDIS_HOST=valkey.host, REDIS_PORT=str(valkey.port))

    assert code == 0
    assert out.startswith("Valkey ")
    assert f"at {valkey.host}:{valkey.port} answers in " in out


def test_redis_that_is_away_is_named_with_the_setting_that_points_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
):
    code, _, err = asked(capsys, monkeypatch, home, REDIS_URL="redis://:hunter2@127.0.0.1:1/0")

    assert code == 1
    assert err.startswith("chorus: Redis at 127.0.0.1:1 cannot be reached: ")
    assert err.endswith("(see REDIS_URL)\n")
    assert "hunter2" not in err


def test_a_url_of_redis_that_cannot_be_used_is_named_and_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
):
    code, _, err = asked(capsys, monkeypatch, home, REDIS_URL="redis+cluster://:hunter2@127.0.0.1:1/2")

    assert code == 1
    assert err == "chorus: REDIS_URL: found database 2 (see REDIS_DB), expected 0: a cluster has no other\n"


def test_the_bundled_valkey_that_does_not_run_is_told_with_the_next_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
):
    code, _, err = asked(capsys, monkeypatch, home)

    assert code == 1
    assert "it runs after: chorus start" in err


def test_the_command_is_the_same_by_module_and_by_name(home: Path):
    """`python -m chorus` is `chorus`."""
    told = subprocess.run([sys.executable, "-m", "chorus", "--version"], capture_output=True, text=True, check=True)

    assert told.stdout == f"chorus {PRODUCT.version}\n"


@pytest.mark.parametrize(
    ("redirection", "code", "told"),
    [
        (">/dev/full", 1, "chorus: cannot write to standard output: No space left on device\n"),
        (">&-", 1, "chorus: cannot write to standard output: it is closed\n"),
        (">/dev/null <&-", 0, ""),
    ],
)
def test_a_stream_that_takes_nothing_is_an_error_of_one_line(redirection: str, code: int, told: str):
    line = f'exec "$0" -m chorus help {redirection}'

    ended = subprocess.run(
        ["/bin/sh", "-c", line, sys.executable], check=False, stderr=subprocess.PIPE, text=True, timeout=30
    )

    assert (ended.returncode, ended.stderr) == (code, told)
    closed = subprocess.run(["/bin/sh", "-c", f"{line} 2>&-", sys.executable], check=False, timeout=30)
    assert closed.returncode == code
