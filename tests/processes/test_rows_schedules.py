"""Row 43 of the table of behaviours: schedules and watched files."""

import pytest

from parts.shell import Shell
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]


def test_a_bad_cron_expression_is_an_error_at_start(shell: Shell):
    """Row 43: with the field that is wrong; nothing is started."""
    shell.write('[[apps]]\nname = "echo"\napp = "echo:application"\nport = PORT\ncron_restart = "0 25 * * *"\n')

    refused = shell.chorus("start")

    assert refused.returncode == 1
    assert 'found "0 25 * * *", expected five fields as crontab has them' in refused.stderr
    assert "(wrong: hour)" in refused.stderr


@pytest.mark.cluster("own")
def test_watched_files_reload_without_a_gap(shell: Shell):
    """Row 43: watch does a rolling reload, not a hard restart."""
    entry = 'watch = true\nwatch_delay = "100ms"'
    shell.write(f'[[apps]]\nname = "echo"\napp = "echo:application"\nport = PORT\n{entry}\n')
    shell.program("config.txt", "one")
    shell.ok("start")
    [first] = shell.pids()["echo"]
    log = shell.home / "daemon.log"
    until(lambda: "echo: watches" in log.read_text(), what="the first look")

    shell.program("config.txt", "another")

    def replaced() -> bool:
        return shell.answer()["pid"] != first  # an answer each time: nothing is refused meanwhile

    until(replaced, within=15, what="the reload")
    assert "echo: reload: files changed" in log.read_text()
    assert log.read_text().count("files changed") == 1
    until(lambda: shell.states() == ["online"], what="the old one to be gone")


@pytest.mark.cluster("own")
def test_cron_restart_reloads_at_its_time(shell: Shell):
    """Row 43: cron_restart does a rolling reload; here every second, in the six fields that allow it."""
    shell.write('[[apps]]\nname = "echo"\napp = "echo:application"\nport = PORT\ncron_restart = "*/2 * * * * *"\n')
    shell.ok("start")
    [first] = shell.pids()["echo"]

    until(lambda: shell.answer()["pid"] != first, within=20, what="the reload")

    assert "echo: reload: cron_restart */2 * * * * *" in (shell.home / "daemon.log").read_text()
