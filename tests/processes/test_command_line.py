"""The `chorus` command with a real keeper, manager and workers behind it."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from parts.databases import tables_in
from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

ECHO = 'apps = [{ name = "echo", app = "echo:application", port = PORT, instances = 2 }]'


def test_start_serves_and_says_where(shell: Shell):
    """A module is served by the instances asked for; the command ends when they answer."""
    started = shell.chorus("start", "echo:application", "-i", "2")

    assert (started.returncode, started.stdout) == (
        0,
        f"started echo\necho listens at http://127.0.0.1:{shell.port}\n",
    ), started.stderr
    assert shell.answer()["number"] in {"0", "1"}
    assert shell.states() == ["online", "online"]


def test_a_second_start_without_a_word_does_nothing_and_says_so(shell: Shell):
    shell.write(ECHO)
    assert shell.chorus("start").returncode == 0
    before = shell.pids()

    second = shell.chorus("start")

    assert (second.returncode, second.stdout.splitlines()[0]) == (0, "all of it runs already")
    assert shell.pids() == before


def test_start_without_a_file_runs_the_chat_and_says_where(shell: Shell):
    """Keeper, manager, Valkey and two workers by one word; the same word again is no more than the address."""
    tables_in(shell.home)

    first, second = shell.chorus("start"), shell.chorus("start")

    assert (first.returncode, first.stdout) == (0, f"Chorus runs at http://127.0.0.1:{shell.port}\n"), first.stderr
    assert f"Its logs are in {shell.folder}/logs\n" in first.stderr
    assert (second.returncode, second.stdout) == (0, f"Chorus runs already at http://127.0.0.1:{shell.port}\n")
    assert {name: len(pids) for name, pids in shell.pids().items()} == {"valkey": 1, "chat": 2}
    assert shell.chorus("redis").returncode == 0


def test_a_name_that_nobody_knows_is_named_with_what_was_probably_meant(shell: Shell):
    """The same code from every command: it did not happen. 2 is for a line that cannot be understood."""
    shell.ok("start", "sleep 600", "-n", "mailer")

    refused = {command: shell.chorus(command, "mialer") for command in ("start", "stop", "env")}

    assert {each.returncode for each in refused.values()} == {1}
    assert all("Did you mean mailer?" in each.stderr for each in refused.values())
    assert "Did you mean mailer?" in shell.chorus("logs", "mialer").stderr
    assert f"there is no file {shell.folder}/mailer.py" in shell.chorus("start", "mailer.py").stderr
    assert f"{shell.folder} is a folder, expected a file" in shell.chorus("start", f"{shell.folder}").stderr
    assert "applications: mailer" in refused["start"].stderr
    assert shell.chorus("restore", "nope.tar.gz").stderr.startswith("chorus: nope.tar.gz: there is no such file")


def test_the_same_program_twice_is_an_error(shell: Shell):
    """By its name it can be restarted; by its path it would be a second one. The first one is reached by IPv6."""
    started = shell.ok("start", "echo:application", "--host", "::1")
    with urllib.request.urlopen(f"http://[::1]:{shell.port}/", timeout=30) as response:
        assert json.load(response)["number"] == "0"
    assert f"echo listens at http://[::1]:{shell.port}\n" in started

    second = shell.chorus("start", "echo:application")

    assert second.returncode == 1
    assert "there already" in second.stderr


@pytest.mark.cluster("own")
def test_a_taken_port_is_named_with_its_holder_and_nothing_is_left_running(shell: Shell):
    with socket.create_server(("127.0.0.1", shell.port)):
        started = shell.chorus("start", "echo:application")

    lines = [line for line in started.stderr.splitlines() if line.startswith("chorus:")]
    assert (started.returncode, len(lines)) == (1, 1)
    assert str(shell.port) in lines[0]
    assert f"pid {os.getpid()}" in lines[0]
    assert shell.leftovers == []


def test_a_failed_start_leaves_what_ran_before(shell: Shell):
    """Only a keeper that the command itself had to start is ended again."""
    shell.chorus("start", "echo:application")

    failed = shell.chorus("start", "echo:application", "-n", "other")

    assert failed.returncode == 1
    assert shell.states("echo") == ["online"]


@pytest.mark.cluster("own")
def test_an_application_that_does_not_come_up_fails_the_start_with_its_last_words(shell: Shell):
    failed = shell.chorus("start", "echo:application", FAIL="import")

    assert failed.returncode == 1
    assert "the build is broken: no such table" in failed.stderr
    assert shell.leftovers == []


def test_two_starts_at_once_share_one_keeper(shell: Shell):
    starting = [shell.popen("start", "sleep 1000", "-n", name) for name in ("one", "two")]
    codes = [each.wait(60) for each in starting]
    for each in starting:
        each.communicate()

    assert codes == [0, 0]
    assert {each["name"] for each in shell.status()["applications"]} == {"one", "two"}
    assert sorted(shell.ok("status", "--names").splitlines()) == ["one", "two"]


def test_applications_inherit_the_callers_environment_under_their_own(shell: Shell):
    shell.write(ECHO.replace("instances = 2", 'env_production = { RELEASE = "two" }'))

    shell.chorus("start", RELEASE="one")
    first = shell.answer()["release"]
    shell.chorus("start", "ecosystem.toml", "--env", "production", RELEASE="one")

    assert (first, shell.answer()["release"]) == ("one", "two")


def test_scale_without_a_name_means_the_one_that_can_be_scaled(shell: Shell):
    """A program without a socket is not meant."""
    shell.write(ECHO + '\n[[applications]]\nname = "job"\ncommand = ["sleep", "1000"]\n')
    shell.chorus("start")

    scaled = shell.chorus("scale", "3")

    assert (scaled.returncode, scaled.stdout) == (0, "echo has 3 instances\n")
    assert len(shell.states()) == 3
    assert shell.chorus("scale", "echo", "-2").stdout == "echo has 1 instance\n"


def test_reload_and_restart_give_new_processes(shell: Shell):
    shell.chorus("start", "echo:application")
    pids = [shell.answer()["pid"]]
    for command in ("reload", "restart"):
        assert shell.chorus(command).returncode == 0
        pids.append(shell.answer()["pid"])

    assert len(set(pids)) == 3


def test_reload_without_a_name_means_the_chat_and_leaves_the_rest_alone(shell: Shell):
    """Its Valkey, for one, is not replaced with new code of the chat."""
    shell.write(ECHO.replace('"echo"', '"chat"') + '\n[[applications]]\nname = "job"\ncommand = ["sleep", "1000"]\n')
    shell.chorus("start")
    before = shell.pids()

    reloaded = shell.chorus("reload")

    after = shell.pids()
    assert reloaded.stdout == "reloaded chat\n"
    assert before["job"] == after["job"]
    assert not set(before["chat"]) & set(after["chat"])


def test_a_stopped_application_starts_again_by_its_name(shell: Shell):
    shell.chorus("start", "echo:application")
    assert shell.chorus("stop", "echo").returncode == 0
    stopped = shell.states()

    started = shell.chorus("start", "echo")

    assert (stopped, started.returncode) == (["stopped"], 0)
    assert shell.states() == ["online"]


def test_an_unknown_name_is_an_error_with_the_nearest_one(shell: Shell):
    shell.chorus("start", "echo:application")
    for command in ("stop", "restart", "reload", "delete", "logs"):
        refused = shell.chorus(command, "ehco")

        assert refused.returncode == 1, command
        assert '"ehco"' in refused.stderr
    assert "Did you mean echo?" in refused.stderr or "applications: echo" in refused.stderr


def test_a_deleted_application_is_forgotten(shell: Shell):
    shell.chorus("start", "echo:application")

    deleted = shell.chorus("delete", "echo")

    assert deleted.returncode == 0
    assert shell.status()["applications"] == []


def test_status_says_by_its_code_that_an_instance_is_missing(shell: Shell):
    shell.chorus("start", "sleep 1000", "-n", "job")
    [instance] = shell.status()["applications"][0]["instances"]
    os.kill(instance["pid"], signal.SIGKILL)

    until(lambda: shell.states("job") == ["backing-off"], what="the job to wait for its restart")

    shown = shell.chorus("status")
    assert shown.returncode == 4
    assert "waiting restart" in shown.stdout


def test_what_an_operator_stopped_is_as_wanted(shell: Shell):
    """An instance of several, or all of them: nobody need be called at night."""
    shell.ok("start", "sleep 1000", "-n", "job", "-i", "2")

    shell.ok("stop", "job:1")
    part = shell.chorus("status").returncode
    shell.ok("stop", "job")

    assert (part, shell.chorus("status").returncode) == (0, 0)


def test_logs_show_the_last_lines_of_the_target_alone(shell: Shell):
    shell.chorus("start", "sh -c 'seq 1 9; exec sleep 1000'", "-n", "counter")
    shell.chorus("start", "sh -c 'echo other; exec sleep 1000'", "-n", "other")
    until(lambda: "other" in shell.chorus("logs", "other").stdout, what="both to have logged")

    lines = shell.chorus("logs", "counter", "-n", "3").stdout.splitlines()

    assert [line.partition(" | ")[2] for line in lines] == ["7", "8", "9"]
    entry = json.loads(shell.chorus("logs", "other", "--json").stdout)
    assert (entry["instance"], entry["line"]) == ("other:0", "other")
    assert shell.chorus("logs", "counter", "--err").stdout == ""


def test_logs_follow_shows_what_comes_until_it_is_interrupted(shell: Shell):
    os.mkfifo(shell.folder / "words")
    shell.chorus("start", "sh -c 'while read word; do echo $word; done < words'", "-n", "reader")
    with (shell.folder / "words").open("w", buffering=1) as words:
        words.write("before\n")
        following = shell.popen("logs", "reader", "-f")
        assert following.stdout is not None
        lines = [following.stdout.readline()]
        words.write("after\n")
        lines.append(following.stdout.readline())
        following.send_signal(signal.SIGINT)
        code = following.wait(30)
    following.communicate()

    assert [line.partition(" | ")[2] for line in lines] == ["before\n", "after\n"]
    assert code == 130


@pytest.mark.cluster("own")
def test_a_broken_file_changes_nothing_and_is_named_with_line_and_key(shell: Shell):
    shell.write('[[apps]]\nname = "echo"\napp = "echo:application"\ninstances = "two"\n')

    refused = shell.chorus("start")

    assert refused.returncode == 1
    assert 'ecosystem.toml:4: apps[0].instances: found "two", expected a whole number' in refused.stderr
    assert shell.leftovers == []


@pytest.mark.cluster("own")
def test_production_without_its_secrets_starts_nothing_and_names_them(shell: Shell):
    refused = shell.chorus("start", "--env", "production")

    assert refused.returncode == 1
    assert "REDIS_PASSWORD: found nothing" in refused.stderr
    assert "JWT_SECRET: found nothing" in refused.stderr
    assert not (shell.home / "daemon.log").exists()


def test_output_that_nobody_reads_any_more_is_no_error(shell: Shell):
    """As in `chorus help | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)

    ended = subprocess.run(
        shell.command("help"), stdout=writing, stderr=subprocess.PIPE, env=shell.environment, check=False
    )
    os.close(writing)

    assert (ended.returncode, ended.stderr) == (0, b"")


def test_status_is_asked_without_the_libraries_of_the_chat(shell: Shell):
    """Start-up time counts: what takes long to import stays out."""
    shell.chorus("start", "sleep 1000", "-n", "job")
    heavy = "{'asyncio', 'rich', 'redis', 'uvicorn', 'litestar', 'sqlalchemy', 'subprocess', 'argparse', 'tomllib'}"
    code = (
        "import sys; sys.argv = ['chorus', 'status']; from chorus.entry.command import main; main();"
        f"print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )

    asked = subprocess.run(
        [sys.executable, "-c", code], env=shell.environment, capture_output=True, text=True, check=True
    )

    assert "job:0" in asked.stdout
    assert asked.stderr == "[]\n"
