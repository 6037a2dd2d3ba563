"""The commands, declared as data: `main` finds one here, reads its arguments and imports the function that does it."""

from typing import Final

from chorus.cluster.cli.arguments import Option
from chorus.cluster.cli.product import Command

MOST_TARGETS: Final = 128

_JSON = Option("json", help="one JSON document, for programs")
_ONLY = Option("only", "", "A,B", "only these applications of a file")
_ENV = Option("env", "", "NAME", "select the env_NAME tables; sets CHORUS_ENV; kept until another is selected")
_PRUNE = Option("prune", help="delete applications that came from this file and are no longer in it")
_SYSTEM = Option("for", "", "SYSTEM", "systemd or launchd; by default what this machine has")
_HERE = "chorus.cluster.cli"

_TARGETS = (
    "A target is an application's name, an instance (chat:0, or the ID that status shows), a namespace, a /regex/ over "
    "names, or all."
)
_OR_FILE = "An ecosystem file stands for its applications; restart and reload apply what it says now."
_MEANT = "Without a target: the {primary} if it runs, else everything."

COMMANDS: Final = (
    Command(
        "start",
        f"{_HERE}.start:run",
        "start applications, and first the manager if none runs",
        "[WHAT ...]",
        most=MOST_TARGETS,
        rest="ARGUMENTS",
        options=(
            Option("name", "-n", "NAME", "name of the application"),
            Option("instances", "-i", "N", "how many instances; max is one for each processor"),
            _ONLY,
            _ENV,
            Option("if-absent", help="leave running applications alone instead of restarting them"),
            Option("host", "", "ADDRESS", "listen on this address"),
            Option("port", "", "PORT", "listen on this port"),
            Option("cwd", "", "FOLDER", "run it in this folder"),
            Option("interpreter", "", "PROGRAM", "run the script with this program"),
            Option("namespace", "", "NAME", "put it into this group of applications"),
            Option("watch", help="reload it when a file of its folder changes"),
            Option("max-memory-restart", "", "SIZE", "restart an instance above this, such as 512M"),
            Option("cron-restart", "", "TIMES", 'reload it at these times, such as "0 3 * * *"'),
            Option("no-autorestart", help="do not start it again when it ends"),
            _JSON,
        ),
        doc="WHAT is an ecosystem.toml, package.module:attribute (an ASGI application), a script, a program, a command "
        "line in quotes, or a target that was stopped: a name, an instance (chat:0, or its ID), a namespace, a "
        "/regex/, all. Without it: the ecosystem.toml of this folder or, where there is none, {name}. Arguments after "
        "-- go to the program. An ecosystem.toml has more options.",
    ),
    Command(
        "stop",
        f"{_HERE}.act:stop",
        "end instances gracefully; their applications stay known",
        "[TARGET ...]",
        most=MOST_TARGETS,
        options=(_ONLY, _JSON),
        doc=f"{_TARGETS} {_OR_FILE} Without a target: all.",
    ),
    Command(
        "restart",
        f"{_HERE}.act:restart",
        "stop and start instances",
        "[TARGET ...]",
        most=MOST_TARGETS,
        options=(_ENV, _ONLY, _JSON),
        doc=f"{_TARGETS} {_OR_FILE} {_MEANT}",
    ),
    Command(
        "reload",
        f"{_HERE}.act:reload",
        "replace instances one by one without losing a request",
        "[TARGET ...]",
        most=MOST_TARGETS,
        options=(_ENV, _ONLY, _JSON),
        doc=f"{_TARGETS} {_OR_FILE} {_MEANT} A new instance that does not become healthy never replaces an old one: "
        "the command then fails and says why.",
    ),
    Command(
        "scale",
        f"{_HERE}.act:scale",
        "change the number of instances",
        "[APPLICATION] N|+N|-N",
        least=1,
        most=2,
        options=(_JSON,),
        doc="Without an application: the {primary}, or the only one that can be scaled.",
    ),
    Command(
        "rebalance",
        f"{_HERE}.act:rebalance",
        "spread live connections evenly over the instances",
        "[APPLICATION ...]",
        most=MOST_TARGETS,
        options=(_JSON,),
        doc="Hands live WebSockets over, without closing one, until the counts differ by at most one in a hundred. "
        f"{_MEANT}",
    ),
    Command(
        "delete",
        f"{_HERE}.act:delete",
        "stop applications and forget them",
        "[TARGET ...]",
        most=MOST_TARGETS,
        options=(_ONLY, _JSON),
        doc=f"{_TARGETS} {_OR_FILE} Without a target: all.",
    ),
    Command(
        "reset",
        f"{_HERE}.act:reset",
        "stop applications and start them fresh, with their counters at 0",
        "[TARGET ...]",
        most=MOST_TARGETS,
        options=(Option("counters", help="only set the restart counters to 0; leave the processes alone"), _JSON),
        doc=f"{_TARGETS} Without a target: all.",
    ),
    Command(
        "signal",
        f"{_HERE}.act:signal",
        "send a signal to the processes of instances",
        "SIGNAL TARGET [TARGET ...]",
        least=2,
        most=MOST_TARGETS,
        options=(_JSON,),
        doc=f"{_TARGETS} SIGNAL is a name such as SIGUSR2 or USR2.",
    ),
    Command(
        "plan",
        f"{_HERE}.deploy:plan",
        "show what apply would change, and change nothing",
        "[FILE]",
        most=1,
        options=(_ONLY, _ENV, _PRUNE, _JSON),
        doc="Compares FILE, or the ecosystem file of this folder, with what runs. Values of variables are not shown. "
        "Exit code 0: nothing would change; 5: something would.",
    ),
    Command(
        "apply",
        f"{_HERE}.deploy:apply",
        "make what runs match a file",
        "[FILE]",
        most=1,
        options=(_ONLY, _ENV, _PRUNE, _JSON),
        doc="New applications are started, changed ones reloaded (restarted where their address changes), numbers of "
        "instances adjusted; the rest is left alone. An application that is no longer in the file stays, unless "
        "--prune is given.",
    ),
    Command("save", f"{_HERE}.saved:save", "remember the applications as they are now, for restore", options=(_JSON,)),
    Command(
        "restore",
        f"{_HERE}.restoring:restore",
        "bring back the applications that were saved, with their numbers and states",
        "[BACKUP]",
        most=1,
        options=(
            Option("key", "", "FILE", "the save.key of the home the backup was made in, if that is not this one"),
            _JSON,
        ),
        doc="Starts the manager if none runs. Applications that exist are left alone. With BACKUP, an archive of "
        "chorus backup, its configuration is put back first; existing files are not overwritten.",
    ),
    Command(
        "backup",
        f"{_HERE}.backup:run",
        "put configuration and logs into one archive",
        "[FILE]",
        most=1,
        options=(Option("no-logs", help="only the configuration"), _JSON),
        doc="Writes FILE, by default chorus-backup-TIME.tar.gz in this folder. Whatever may be secret is encrypted "
        "with state/save.key, which is not in the archive: keep a copy of the key elsewhere. The data of applications "
        "is not in it.",
    ),
    Command(
        "startup",
        f"{_HERE}.boot:startup",
        "start what is saved whenever this machine boots",
        options=(Option("print", help="print the unit, and write nothing"), _SYSTEM, _JSON),
        doc="Writes a systemd unit and enables it: for this user, or for the system as root. Save first, and again "
        "after every change that should survive a boot.",
    ),
    Command("unstartup", f"{_HERE}.boot:unstartup", "no longer start anything at boot", options=(_SYSTEM, _JSON)),
    Command(
        "daemon",
        f"{_HERE}.boot:daemon",
        "run in the foreground under systemd or launchd: restore what is saved, then stay",
    ),
    Command("kill", f"{_HERE}.act:kill", "end everything: applications, manager and keeper", options=(_JSON,)),
    Command(
        "status",
        f"{_HERE}.status:run",
        "show what runs",
        options=(
            _JSON,
            Option("names", help="only the names of the applications"),
            Option("watch", "-w", help="show it again every second until Control-C"),
        ),
        doc="Exit code 0: everything that should be online is; 3: no manager runs; 4: an instance that should be "
        "online is not.",
    ),
    Command(
        "monitor",
        f"{_HERE}.monitor.command:run",
        "watch everything live, full screen",
        doc="Instances with their last minutes, the log of the selected one, the machine and what the applications "
        "depend on. Arrows select; r reloads, R restarts, + and - scale, each after a question; e shows only errors, "
        "p pauses the log, q quits.",
    ),
    Command(
        "logs",
        f"{_HERE}.logs:run",
        "show the last lines of the logs",
        "[TARGET ...]",
        most=MOST_TARGETS,
        options=(
            Option("lines", "-n", "N", "how many lines; by default 50"),
            Option("follow", "-f", help="keep showing new lines until Control-C"),
            Option("err", help="only standard error"),
            Option("out", help="only standard output"),
            Option("grep", "-g", "REGEX", "only lines that match"),
            Option("since", "", "AGE", "only lines of the last 90s, 10m, 2h or 1d"),
            Option("json", help="a JSON object for each line"),
        ),
        doc=_TARGETS,
    ),
    Command(
        "flush",
        f"{_HERE}.flush:run",
        "empty the log files",
        "[TARGET ...]",
        most=MOST_TARGETS,
        options=(_JSON,),
        doc=f"{_TARGETS} Without a target: all. A file that applications share is emptied for all of them.",
    ),
    Command(
        "env",
        f"{_HERE}.env:run",
        "show the variables of an application, or of one instance",
        "TARGET",
        least=1,
        most=1,
        options=(Option("reveal", help="show values of variables that look secret"), _JSON),
        doc="For an instance (chat:0, or the ID that status shows), with its number in them and increment_var "
        "counted up.",
    ),
    Command(
        "info",
        f"{_HERE}.info:run",
        "show versions, paths and addresses, or how an application is specified",
        "[TARGET]",
        most=1,
        options=(
            Option("samples", "", "SPAN", "what was seen of the instances over the last hour or day"),
            _JSON,
        ),
        doc="With --samples and --json every value of the last hour, by the second, or of the last day, by the minute.",
    ),
    Command(
        "update",
        f"{_HERE}.update:run",
        "switch keeper and manager to the installed release",
        options=(_JSON,),
        doc="The processes of the applications are not touched; reload them to renew those.",
    ),
    Command("ping", f"{_HERE}.act:ping", "check that the manager answers", options=(_JSON,)),
    Command("schema", f"{_HERE}.reference:schema", "print the JSON Schema of an ecosystem file, for editors"),
    Command(
        "completion",
        f"{_HERE}.completion:run",
        "print the completion script for bash, zsh or fish",
        "SHELL",
        least=1,
        most=1,
        words=("bash", "zsh", "fish"),
        doc='In ~/.bashrc or ~/.zshrc: eval "$(chorus completion bash)", or zsh. For fish: chorus completion fish > '
        "~/.config/fish/completions/chorus.fish",
    ),
)

ALIASES: Final = {
    **dict.fromkeys(("ls", "list", "l", "ps"), "status"), **dict.fromkeys(("describe", "desc", "show"), "info"),
    "monit": "monitor", "del": "delete", "dump": "save", "resurrect": "restore", "sendSignal": "signal",
}  # fmt: skip
"""Names that PM2 has for the same commands."""
