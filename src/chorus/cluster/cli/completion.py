"""`chorus completion`: the words a shell may offer, written from the declarations of the commands.

Names of applications are asked from the cluster while the shell completes, quickly and silently.
"""

from collections.abc import Callable, Sequence
from typing import Final

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


def _bash(commands: Sequence[Command]) -> str:
    cases = "\n".join(f'    {each.name}) words="{_words(each)}" ;;' for each in commands)
    return f"""_chorus() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{_all(commands)}" -- "$current"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{cases}
  esac
  [[ $current == -* ]] || words="$words $({_NAMES})"
  COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
}}
complete -o filenames -F _chorus chorus"""


def _zsh(commands: Sequence[Command]) -> str:
    described = "\n".join(f"    {_quoted(f'{each.name}:{each.summary}')}" for each in commands)
    cases = "\n".join(f"    {each.name}) offered=({_words(each)}) ;;" for each in commands)
    return f"""#compdef chorus
_chorus() {{
  local -a commands offered
  commands=(
{described}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
{cases}
  esac
  [[ $PREFIX == -* ]] || offered+=(${{(f)"$({_NAMES})"}})
  compadd -- $offered
  _files
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
        if each.words:
            lines.append(f"complete -c chorus {seen} -a '{' '.join(each.words)}'")
        elif "TARGET" in each.operands or "APPLICATION" in each.operands:
            lines.append(f"complete -c chorus {seen} -a '({_NAMES})'")
        elif each.operands:
            lines.append(f"complete -c chorus {seen} -F")
    return "\n".join(lines)


SHELLS: Final[dict[str, Callable[[Sequence[Command]], str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def _all(commands: Sequence[Command]) -> str:
    return " ".join([*(each.name for each in commands), "help"])


def _words(command: Command) -> str:
    return " ".join([*command.words, *(option.long for option in command.options)])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
