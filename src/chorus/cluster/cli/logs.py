"""`chorus logs`: the last lines of the applications' logs, and those to come."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from chorus.cluster.cli import asking, one_instance
from chorus.cluster.cli.act import ALL
from chorus.cluster.cli.failure import OK, CommandFailed, usage
from chorus.cluster.cli.history import History
from chorus.cluster.cli.product import Context
from chorus.cluster.cli.tail import Follower
from chorus.cluster.messages import LogFile, LogFiles, Logs

LAST_LINES: Final = 50
_LOOK_EVERY: Final = 0.1
"""Seconds between two looks at the files that are followed."""

STAMPED: Final = re.compile(r"^(\S+Z) (\S+) \| (.*)$", re.DOTALL)
"""How the keeper writes a line: its time, its instance, what it said."""


_AGE: Final = re.compile(r"^([0-9]{1,9})([smhd]?)$")


class _Entry(msgspec.Struct):
    at: str
    instance: str
    line: str


def run(context: Context) -> int:
    """Show the end of the logs, and follow them when asked to."""
    arguments = context.arguments
    count = arguments.number("lines", LAST_LINES, least=0, most=1_000_000)
    by_age = arguments.given("since")
    if arguments.given("err") and arguments.given("out"):
        raise usage("logs: --err and --out together are all: leave both out")
    answer = asking.ask(context, Logs(arguments.operands or [ALL]))
    if not isinstance(answer, LogFiles):
        raise CommandFailed(f"the manager answered {type(answer).__name__}, expected LogFiles")
    streams = _streams(context)
    paths = choose(answer.files, streams)
    if not paths:
        raise CommandFailed(f"no log file is kept of {', '.join(arguments.operands) or 'any application'}")

    oldest = moment(arguments.text("since"), time.time()) if by_age else ""
    targets = [str(one_instance.named(context, word) or word) for word in arguments.operands]
    wanted = every(chosen(targets, answer.files), *_filters(context, oldest))
    show = _as_json if arguments.given("json") else as_text
    followers: list[Follower] = []
    last = None if by_age and not arguments.given("lines") else count
    try:
        for path in paths:
            history = History(path, context.terminal.note)
            heading = len(paths) > 1 and not arguments.given("json")
            for line in history.last(last, wanted, oldest):
                if heading:
                    context.terminal.say(context.terminal.paint(f"==> {path} <==", "bold"))
                    heading = False
                context.terminal.say(context.terminal.shown(show(line)))
            followers.append(history.follower())
        if arguments.given("follow"):
            _follow(context, followers, wanted, show)
    except OSError as error:
        if error.filename is None:  # not of a log: standard output is
            raise
        raise CommandFailed(f"{error.filename}: {error.strerror}") from error
    return OK


def choose(files: Sequence[LogFile], streams: Sequence[str]) -> list[str]:
    """The paths of the streams, each once: of every application the first stream that it keeps a file of.

    The stream "combined" stands for both others where an application has no combined file.
    """
    paths: dict[str, None] = {}
    for application in dict.fromkeys(file.application for file in files):
        own = [file for file in files if file.application == application]
        wanted = streams
        if "combined" in streams and not any(file.stream == "combined" for file in own):
            wanted = ("out", "error")
        for stream in wanted:
            paths |= dict.fromkeys(file.path for file in own if file.stream == stream)
    return list(paths)


def chosen(targets: Sequence[str], files: Sequence[LogFile]) -> Callable[[str], bool]:
    """Whether a line of a file that several applications share is one of the targets'. Without a stamp it is."""
    if not targets or ALL in targets:
        return lambda _line: True
    instances = {target for target in targets if ":" in target}
    applications = {file.application for file in files} - {instance.partition(":")[0] for instance in instances}

    def wanted(line: str) -> bool:
        match = STAMPED.match(line)
        return not match or match[2] in instances or match[2].partition(":")[0] in applications

    return wanted


def every(*conditions: Callable[[str], bool]) -> Callable[[str], bool]:
    """Whether all of the conditions hold of a line."""
    return lambda line: all(condition(as_text(line)) for condition in conditions)


def as_text(line: str) -> str:
    """A line that the keeper wrote as JSON, as it writes text; any other as it is."""
    if not line.startswith('{"at": '):
        return line
    try:
        entry = msgspec.json.decode(line, type=_Entry)
    except msgspec.DecodeError:  # a program of the user's own writes something like it
        return line
    return f"{entry.at} {entry.instance} | {entry.line}"


def matching(pattern: str) -> Callable[[str], bool]:
    """Whether what a program wrote matches; the stamp before it does not count.

    Raises:
        CommandFailed: a usage error: it is no regular expression.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise usage(f'--grep: found "{pattern}", expected a regular expression ({error})') from error
    return lambda line: bool(expression.search(match[3] if (match := STAMPED.match(line)) else line))


def moment(age: str, now: float) -> str:
    """When something happened that is as old as "10m", as the keeper writes times.

    Args:
        age: a whole number of seconds, or with s, m, h or d behind it.
        now: wall seconds.

    Raises:
        CommandFailed: a usage error: it is no age.
    """
    if not (match := _AGE.match(age)):
        raise usage(f'--since: found "{age}", expected an age such as 90s, 10m, 2h or 1d')
    seconds = int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
    try:
        return datetime.fromtimestamp(now - seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError):  # before the year 1
        return "0001-01-01T00:00:00.000Z"


def since(oldest: str) -> Callable[[str], bool]:
    """Whether a line is not older than that moment; one without a time is."""
    return lambda line: bool(match := STAMPED.match(line)) and match[1] >= oldest


def _filters(context: Context, oldest: str) -> list[Callable[[str], bool]]:
    arguments = context.arguments
    filters = [since(oldest)] if oldest else []
    return filters + ([matching(arguments.text("grep"))] if arguments.given("grep") else [])


def _streams(context: Context) -> tuple[str, ...]:
    if context.arguments.given("err"):
        return ("error",)
    return ("out",) if context.arguments.given("out") else ("combined",)


def _as_json(line: str) -> str:
    line = as_text(line)
    match = STAMPED.match(line)
    entry = {"at": match[1], "instance": match[2], "line": match[3]} if match else {"line": line}
    return msgspec.json.encode(entry).decode()


def _follow(
    context: Context, followers: Sequence[Follower], wanted: Callable[[str], bool], show: Callable[[str], str]
) -> None:
    """Until Control-C."""
    while True:
        for follower in followers:
            for line in follower.read():
                if wanted(line):
                    context.terminal.say(context.terminal.shown(show(line)))
        time.sleep(_LOOK_EVERY)
