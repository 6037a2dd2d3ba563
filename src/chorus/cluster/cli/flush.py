"""`chorus flush`: empties log files. The keeper appends, so its next line is the first one."""

import os

import msgspec

from chorus.cluster.cli import asking
from chorus.cluster.cli.act import ALL
from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import LogFiles, Logs


def run(context: Context) -> int:
    """Empty the files of the targets."""
    answer = asking.ask(context, Logs(context.arguments.operands or [ALL]))
    if not isinstance(answer, LogFiles):
        raise CommandFailed(f"the manager answered {type(answer).__name__}, expected LogFiles")
    paths = list(dict.fromkeys(file.path for file in answer.files if os.path.isfile(file.path)))
    for path in paths:
        try:
            os.truncate(path, 0)
        except OSError as error:
            raise CommandFailed(f"{path}: {error.strerror}") from error
    if context.arguments.given("json"):
        context.terminal.say(msgspec.json.encode(paths).decode())
        return OK
    for path in paths:
        context.terminal.say(f"emptied {path}")
    if not paths:
        context.terminal.say("there is no log file yet")
    return OK
