"""`chorus flush`: empties log files. The keeper appends, so its next line is the first one."""

import os

from chorus.cluster.cli import answer, asking
from chorus.cluster.cli.act import ALL
from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import LogFiles, Logs


def run(context: Context) -> int:
    """Empty the files of the targets."""
    found = asking.ask(context, Logs(context.arguments.operands or [ALL]))
    if not isinstance(found, LogFiles):
        raise CommandFailed(f"the manager answered {type(found).__name__}, expected LogFiles")
    paths = list(dict.fromkeys(file.path for file in found.files if os.path.isfile(file.path)))
    for path in paths:
        try:
            os.truncate(path, 0)
        except OSError as error:
            raise CommandFailed(f"{path}: {error.strerror}") from error
    text = "\n".join(f"emptied {path}" for path in paths) or "there is no log file yet"
    answer.tell(context, text, changed=bool(paths), files=paths)
    return OK
