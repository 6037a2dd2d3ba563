"""`chorus start` of what is known already: the targets of the other commands, before anything that could be started."""

import json

import pytest

from parts.shell import Shell

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]

TWO = """
[defaults]
command = ["sleep", "600"]
settle = 0

[[apps]]
name = "shop"
instances = 2
namespace = "web"

[[apps]]
name = "mailer"
"""


@pytest.fixture
def two(shell: Shell) -> Shell:
    """An application of two instances in the namespace web, and one of one in another."""
    shell.write(TWO)
    shell.ok("start")
    return shell


@pytest.mark.cluster("own")
def test_what_was_stopped_starts_by_any_target(two: Shell):
    """An instance by its number or its ID, a namespace, a regular expression, all, and several of them."""
    seen: dict[str, tuple[str, list[str], list[str]]] = {}
    for words in ("shop:0", "1", "web", "/^mail/", "all", "shop:1 mailer"):
        two.ok("stop")
        said = two.ok("start", *words.split()).splitlines()[0]
        seen[words] = (said, two.states("shop"), two.states("mailer"))

    assert seen == {
        "shop:0": ("started shop:0", ["online", "stopped"], ["stopped"]),
        "1": ("started shop:1", ["stopped", "online"], ["stopped"]),
        "web": ("started shop", ["online", "online"], ["stopped"]),
        "/^mail/": ("started mailer", ["stopped", "stopped"], ["online"]),
        "all": ("started shop, mailer", ["online", "online"], ["online"]),
        "shop:1 mailer": ("started shop:1, mailer", ["stopped", "online"], ["online"]),
    }


def test_a_group_leaves_alone_what_runs_and_a_name_restarts_it(two: Shell):
    """Row 8: by name, a restart."""
    two.ok("stop", "shop:1")
    before = two.pids()

    of_all, again = two.ok("start", "all"), two.ok("start", "/./")
    meanwhile = two.pids()
    by_name = two.ok("start", "mailer")

    assert (of_all, again, by_name) == ("started shop:1\n", "all of it runs already\n", "started mailer\n")
    assert (meanwhile["shop"][0], meanwhile["mailer"]) == (before["shop"][0], before["mailer"])
    assert two.pids()["mailer"] != before["mailer"]


def test_what_takes_several_steps_says_of_how_many(two: Shell):
    steps = two.chorus("restart", "all").stderr.splitlines()

    assert [step.partition(" ")[0] for step in steps] == ["1/3", "2/3", "3/3"]


def test_what_is_known_goes_before_a_program_and_a_path_means_the_program(two: Shell):
    program = two.program("mailer", "#!/bin/sh\nexec sleep 600\n")
    (two.folder / program).chmod(0o755)
    before = two.pids()["mailer"]

    known, path = two.ok("start", "mailer"), two.chorus("start", "./mailer")

    assert known == "started mailer\n"
    assert two.pids()["mailer"] != before
    assert (path.returncode, "there already" in path.stderr) == (1, True)


def test_words_that_nobody_knows_are_named_and_nothing_is_touched(two: Shell):
    before = two.pids()

    refused = {word: two.chorus("start", "mailer", word) for word in ("shop:7", "99", "/^x/", "shpo")}
    lone = two.chorus("start", "/(/")

    assert {each.returncode for each in refused.values()} == {1}
    assert all(f'"{word}"' in each.stderr for word, each in refused.items())
    assert "Did you mean shop?" in refused["shpo"].stderr
    assert (lone.returncode, '"/(/"' in lone.stderr) == (1, True)
    assert two.pids() == before
    assert two.chorus("start", "all", "-i", "4").returncode == 2


@pytest.mark.cluster("own")
def test_where_nothing_runs_a_target_says_what_to_do(shell: Shell):
    shell.ok("start", "sleep 600")
    shell.ok("save")
    shell.ok("kill")

    refused, unknown = shell.chorus("start", "all"), shell.chorus("start", "nosuch")

    assert refused.returncode == 3
    assert refused.stderr == (
        'chorus: nothing runs that "all" could name\n'
        "  Start with: chorus start\n"
        "  What was saved comes back with: chorus restore\n"
    )
    assert (unknown.returncode, unknown.stderr) == (
        1, 'chorus: "nosuch" is no file, no program and no application; applications: none\n',
    )  # fmt: skip
    assert shell.leftovers == []


def test_a_name_of_a_pm2_file_is_found_by_what_it_is_called_here(shell: Shell):
    """`--only` takes it; to another command it is named."""
    apps = [{"name": name, "script": "sleep 600"} for name in ("limit worker", "api", "other")]
    shell.file("ecosystem.json", {"apps": apps})

    started = shell.ok("start", "ecosystem.json", "--only", "limit worker, api").splitlines()[0]

    assert started == "started limit-worker, api"
    assert "Did you mean limit-worker?" in shell.chorus("restart", "limit worker").stderr


def test_info_of_an_application_shows_how_its_instances_are_and_where_they_log(two: Shell):
    shown = two.ok("info", "shop")

    assert [line.split()[1:3] for line in shown.splitlines() if " shop:" in line] == [
        ["shop:0", "online"], ["shop:1", "online"],
    ]  # fmt: skip
    assert f"{two.folder}/logs/combined.log" in shown


@pytest.mark.cluster("own")
def test_every_action_answers_a_program_in_one_shape(two: Shell):
    """Of each command that does something: text, changed, and what else it has to say by name."""
    (two.folder / "logs").mkdir(exist_ok=True)
    (two.folder / "logs" / "out.log").write_text("one\n")
    lines = [
        ["start", "all"], ["restart", "mailer"], ["reload", "mailer"], ["scale", "shop", "2"], ["signal", "CONT", "1"],
        ["flush"], ["save"], ["backup", "archive", "--no-logs"], ["reset", "--counters"], ["stop", "shop"],
        ["delete", "shop"], ["restore"], ["startup", "--print"], ["update"], ["ping"], ["kill"], ["kill"],
    ]  # fmt: skip

    said = [json.loads(two.ok(*words, "--json")) for words in lines]

    assert all(isinstance(each["text"], str) and isinstance(each["changed"], bool) for each in said)
    by_name = {words[0]: each for words, each in zip(lines, said, strict=True)}
    assert by_name["start"]["addresses"] == {}
    assert by_name["flush"]["files"][0].startswith(str(two.folder))
    assert by_name["save"]["applications"] == ["shop", "mailer"]
    assert by_name["backup"]["path"] == f"{two.folder}/archive"
    assert "ExecStart=" in by_name["startup"]["unit"]
    assert by_name["update"]["version"] == by_name["update"]["before"]
    assert [each["changed"] for each in said[-2:]] == [True, False]
