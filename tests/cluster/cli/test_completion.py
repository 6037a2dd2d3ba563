"""The completions know every command and every option."""

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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("chorus rel", "reload"),
        ("chorus reload --e", "--env"),
        ("chorus logs --gr", "--grep"),
        ("chorus help sc", "scale"),
        ("chorus stop al", "all"),
        ("chorus plan eco", "ecosystem.toml"),
        ("chorus logs eco", ""),
        ("chorus stop eco", "ecosystem.toml"),
        ("chorus completion fi", "fish"),
    ],
)
def test_bash_completes_a_word(tmp_path: Path, line: str, expected: str):
    (tmp_path / "ecosystem.toml").touch()
    words = line.split()
    quoted = " ".join(f"'{word}'" for word in words)
    ask = f'COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _chorus; echo "${{COMPREPLY[0]}}"'

    answered = subprocess.run(
        ["bash", "-c", f"{SHELLS['bash'](COMMANDS)}\n{ask}"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert answered.stdout.strip() == expected
