"""How a command ends: its exit code, and the one error that carries it.

The codes are part of the interface; docs/commands.md lists them.
"""

from collections.abc import Sequence
from typing import Final

OK: Final = 0
FAILED: Final = 1
"""What was asked for did not happen."""

USAGE: Final = 2
"""The command line itself is wrong; nothing was tried."""

NOT_RUNNING: Final = 3
"""No manager runs for this home; the code of `systemctl status` for a unit that is not running."""

NOT_AS_WANTED: Final = 4
"""`status` only: the cluster runs, an instance that should be online is not."""

WOULD_CHANGE: Final = 5
"""`plan` only: an `apply` would change something."""

INTERRUPTED: Final = 130
"""Control-C, as shells count it."""


class Ended(KeyboardInterrupt):
    """A signal other than Control-C ended the command: it tidies up as after that one."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def interrupted(error: KeyboardInterrupt) -> int:
    """The exit code after a signal, as shells count it: 128 and its number."""
    return 128 + error.number if isinstance(error, Ended) else INTERRUPTED


KINDS: Final = {FAILED: "failed", USAGE: "usage", NOT_RUNNING: "not_running"}
"""The word for a code where the manager has none of its own; those of signals are "interrupted"."""


class CommandFailed(Exception):
    """A command could not do its work; the operator reads `message`, then `detail` line by line."""

    def __init__(self, message: str, detail: Sequence[str] = (), *, code: int = FAILED, reason: str = "") -> None:
        self.message = message
        self.detail = list(detail)
        self.code = code
        self.reason = reason
        """The manager's word for it, such as "address_in_use"; "" when the manager was not asked."""

        super().__init__(message)

    @property
    def kind(self) -> str:
        """What went wrong in one word, for programs: the manager's, else what the exit code means."""
        return self.reason or ("interrupted" if self.code > 128 else KINDS.get(self.code, "failed"))


def usage(message: str, *detail: str) -> CommandFailed:
    """The error of a command line that cannot be understood."""
    return CommandFailed(message, detail, code=USAGE)


def visible(text: str) -> str:
    r"""A text with what is not UTF-8 as people write it: a byte as \xff."""
    if text.isascii():
        return text
    import re

    bytewise = re.sub("[\udc80-\udcff]", lambda match: f"\\x{ord(match[0]) & 0xFF:02x}", text)
    return bytewise.encode(errors="backslashreplace").decode()


def not_text(found: str, *, what: str = "", code: int = FAILED) -> CommandFailed:
    """The error of a word or a path that no message could carry."""
    return CommandFailed(f'{what}{": " if what else ""}found "{visible(found)}", expected text in UTF-8', code=code)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    import difflib

    return next(iter(difflib.get_close_matches(word, known, n=1)), None)
