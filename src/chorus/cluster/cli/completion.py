"""`chorus completion`: the words a shell may offer, written from the declarations of the commands.

Names of applications are asked from the cluster while the shell completes, quickly and silently.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from chorus.cluster.cli.commands import COMMANDS
from chorus.cluster.cli.failure import OK, usage
from chorus.cluster.cli.product import Command, Context

_NAMES: Final = "chorus status --names 2>/dev/null"
"""Prints the names of the applications that the manager has, a line each."""


def run(context: Context) -> int:
    """Print the script of a shell."""
    shell = context.arguments.operands[0]
    if shell not in SHELLS:
        raise usage(f'completion: found "{shell}", expected {", ".join(SHELLS)}')
    context.terminal.say(SHELLS[shell]((*COMMANDS, *context.product.commands)))
    return OK


class Offer(NamedTuple):
    """What may stand behind a command."""

    words: list[str]
    """Options, and what its first operand may be."""

    names: bool
    """Names of applications."""

    files: bool


def offer(command: Command) -> Offer:
    """What may stand behind a command, found in how its operands are called."""
    kinds = set(re.findall(r"[A-Z]+", command.operands))
    targets = not command.words and bool(kinds & {"TARGET", "APPLICATION", "WHAT"})
    options = [option.long for option in command.options]
    of_files = "--only" in options and bool(kinds & {"TARGET", "WHAT"})
    everything = ["all"] if targets and "APPLICATION" not in kinds else []
    return Offer([*command.words, *everything, *options], targets, of_files or bool(kinds & {"FILE", "BACKUP"}))


def _bash(commands: Sequence[Command]) -> str:
    cases = "\n".join(
        f'    {each.name}) words="{" ".join(found.words)}" names={int(found.names)} files={int(found.files)} ;;'
        for each in commands
        for found in [offer(each)]
    )
    return f"""_chorus() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words= names=0 files=0
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{_all(commands)}" -- "$current"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{cases}
    help) words="{_all(commands)}" ;;
  esac
  if [[ $names == 1 && $current != -* ]]; then words="$words $({_NAMES})"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ $files = 1 ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}}
complete -o filenames -F _chorus chorus"""


def _zsh(commands: Sequence[Command]) -> str:
    described = "\n".join(f"    {_quoted(f'{each.name}:{each.summary}')}" for each in commands)
    cases = "\n".join(
        f"    {each.name}) offered=({' '.join(found.words)}) names={int(found.names)} files={int(found.files)} ;;"
        for each in commands
        for found in [offer(each)]
    )
    return f"""#compdef chorus
_chorus() {{
  local -a commands offered
  local names=0 files=0
  commands=(
{described}
  )
  if (( CURRENT == 2 )) || [[ $words[2] == help ]]; then
    _describe command commands
    return
  fi
  case $words[2] in
{cases}
  esac
  if (( names )) && [[ $PREFIX != -* ]]; then offered+=(${{(f)"$({_NAMES})"}}); fi
  compadd -- $offered
  if (( files )); then _files; fi
}}
compdef _chorus chorus"""


def _fish(commands: Sequence[Command]) -> str:
    lines = ["complete -c chorus -f"]
    for each in commands:
        lines.append(f"complete -c chorus -n __fish_use_subcommand -a {each.name} -d {_quoted(each.summary)}")
        seen = f"-n '__fish_seen_subcommand_from {each.name}'"
        for option in each.options:
            short = f" -s {option.short[1:]}" if option.short else ""
            value = " -r" if option.value else ""
            lines.append(f"complete -c chorus {seen} -l {option.name}{short}{value} -d {_quoted(option.help)}")
        found = offer(each)
        if words := [word for word in found.words if not word.startswith("-")]:
            lines.append(f"complete -c chorus {seen} -a '{' '.join(words)}'")
        if found.names:
            lines.append(f"complete -c chorus {seen} -a '({_NAMES})'")
        if found.files:
            lines.append(f"complete -c chorus {seen} -F")
    lines.append(f"complete -c chorus -n '__fish_seen_subcommand_from help' -a '{_all(commands)}'")
    return "\n".join(lines)


SHELLS: Final[dict[str, Callable[[Sequence[Command]], str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def _all(commands: Sequence[Command]) -> str:
    return " ".join([*(each.name for each in commands), "help"])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
