"""The completions know every command and every option."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from chorus.cluster.cli.commands import COMMANDS
from chorus.cluster.cli.completion import SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_offered(shell: str):
    script = SHELLS[shell](COMMANDS)

    missing = [command.name for command in COMMANDS if command.name not in script]
    missing += [option.long for command in COMMANDS for option in command.options if option.name not in script]
    assert missing == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_itself_takes_the_script(shell: str):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")

    checked = subprocess.run([shell, "-n"], input=SHELLS[shell](COMMANDS), capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")


def in_bash(script: str, words: list[str]) -> str:
    quoted = " ".join(f"'{word}'" for word in words)
    return (
        f"{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _chorus; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )


def in_zsh(script: str, words: list[str]) -> str:
    """What the functions of its completion system are told; they themselves want a terminal."""
    told = "compdef() { :; }\ncompadd() { shift; print -l -- $@ }\n_files() { print -l -- * }\n"
    told += "_describe() { print -l -- ${commands%%:*} }\n"
    quoted = " ".join(f"'{word}'" for word in words)
    return f"{told}{script}\nwords=({quoted}); CURRENT={len(words)}; PREFIX='{words[-1]}'; _chorus"


def in_fish(script: str, words: list[str]) -> str:
    return f"{script}\ncomplete -C '{' '.join(words)}'"


ASKED = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}


def completed(shell: str, line: str, folder: Path) -> set[str]:
    """What a shell offers for the last word of a line, in a folder, with two applications there."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    program = folder / "bin" / "chorus"
    program.parent.mkdir(exist_ok=True)
    program.write_text('#!/bin/sh\n[ "$*" = "status --names" ] && printf "shop\\nmailer\\n"\n')
    program.chmod(0o755)
    words = line.split(" ")
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(folder)}

    answered = subprocess.run(
        [shell, "-c", ASKED[shell](SHELLS[shell](COMMANDS), words)],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip

    offered = {each.partition("\t")[0] for each in answered.stdout.splitlines()}
    return {each for each in offered if each and each.startswith(words[-1])}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("chorus rel", {"reload"}),
        ("chorus help sc", {"scale", "schema"}),
        ("chorus reload --e", {"--env"}),
        ("chorus logs --gr", {"--grep"}),
        ("chorus stop al", {"all"}),
        ("chorus stop sh", {"shop"}),
        ("chorus scale ma", {"mailer"}),
        ("chorus plan sh", set()),
        ("chorus plan eco", {"ecosystem.toml"}),
        ("chorus stop eco", {"ecosystem.toml"}),
        ("chorus logs eco", set()),
        ("chorus completion fi", {"fish"}),
    ],
)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_a_word(tmp_path: Path, shell: str, line: str, expected: set[str]):
    """Commands, options, applications that there are, and files where a file may stand."""
    (tmp_path / "ecosystem.toml").touch()

    assert completed(shell, line, tmp_path) == expected
