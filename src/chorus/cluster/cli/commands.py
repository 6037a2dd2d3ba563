"""The commands, declared as data: `main` finds one here, reads its arguments and imports the function that does it."""

from typing import Final

from chorus.cluster.cli.arguments import Option
from chorus.cluster.cli.product import Command

MOST_TARGETS: Final = 128

_JSON = Option("json", help="one JSON document, for programs")
_HERE = "chorus.cluster.cli"

_TARGETS = "A target is an application's name, an instance (chat:0, or its ID of status), a namespace, or all."
_MEANT = "Without a target the {primary} is meant where it runs, else everything."

COMMANDS: Final = (
    Command(
        "start",
        f"{_HERE}.start:run",
        "start applications, and the manager first where none runs",
        "[WHAT ...]",
        most=MOST_TARGETS,
        rest="ARGUMENTS",
        options=(
            Option("name", "-n", "NAME", "call the application so"),
            Option("instances", "-i", "N", "how many instances"),
            Option("only", "", "A,B", "of a file's applications these alone"),
            Option("env", "", "NAME", "select the env_NAME tables of the file; sets CHORUS_ENV"),
            Option("if-absent", help="leave alone what runs already, instead of restarting it"),
            Option("host", "", "ADDRESS", "listen on this address"),
            Option("port", "", "PORT", "listen on this port"),
        ),
        doc="WHAT is an ecosystem.toml, package.module:attribute (an ASGI application), a script, a program, a command "
        "line in quotes, or the names of applications that were stopped. Without it: the ecosystem.toml of this folder "
        "or, where there is none, {name}. Arguments after -- go to the program.",
    ),
    Command(
        "stop",
        f"{_HERE}.act:stop",
        "end instances gracefully; their applications stay known",
        "[TARGET ...]",
        most=MOST_TARGETS,
        doc=f"{_TARGETS} Without a target: all.",
    ),
    Command(
        "restart",
        f"{_HERE}.act:restart",
        "stop and start instances",
        "[TARGET ...]",
        most=MOST_TARGETS,
        doc=f"{_TARGETS} {_MEANT}",
    ),
    Command(
        "reload",
        f"{_HERE}.act:reload",
        "replace instances one by one without losing a request",
        "[TARGET ...]",
        most=MOST_TARGETS,
        doc=f"{_TARGETS} {_MEANT} A new instance that does not become healthy never replaces an old one: the command "
        "then fails and says why.",
    ),
    Command(
        "scale",
        f"{_HERE}.act:scale",
        "change the number of instances",
        "[APPLICATION] N|+N|-N",
        least=1,
        most=2,
        doc="Without an application the {primary} is meant, or the only one that can be scaled.",
    ),
    Command(
        "delete",
        f"{_HERE}.act:delete",
        "stop applications and forget them",
        "[TARGET ...]",
        most=MOST_TARGETS,
        doc=f"{_TARGETS} Without a target: all.",
    ),
    Command("kill", f"{_HERE}.act:kill", "end everything: applications, manager and keeper"),
    Command(
        "status",
        f"{_HERE}.status:run",
        "show what runs",
        options=(_JSON,),
        doc="Exit code 0: all runs as wanted; 3: no manager runs; 4: an instance that should be online is not.",
    ),
    Command(
        "logs",
        f"{_HERE}.logs:run",
        "show the last lines of the logs",
        "[TARGET ...]",
        most=MOST_TARGETS,
        options=(
            Option("lines", "-n", "N", "how many lines, 50 unless said"),
            Option("follow", "-f", help="go on with new lines until Control-C"),
            Option("err", help="standard error alone"),
            Option("out", help="standard output alone"),
            Option("json", help="a JSON object for each line"),
        ),
        doc=_TARGETS,
    ),
    Command(
        "info",
        f"{_HERE}.info:run",
        "show versions, paths and addresses",
        options=(_JSON,),
    ),
    Command("ping", f"{_HERE}.act:ping", "ask the manager whether it is there"),
)
