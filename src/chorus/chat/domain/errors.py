"""Everything that can go wrong in the chat, as a tree; each leaf says whose fault it is.

    ChatError
    ├── Invalid              the caller sent something that breaks a rule
    ├── TooLarge             … something above a bound
    ├── Unauthenticated      nobody is signed in, or no longer
    ├── Forbidden            the account may not do this
    ├── NotFound             no such thing, or none that this account may see
    ├── Conflict             another one has it already
    ├── TooMany              the same was asked for too often; later it may succeed
    └── Unavailable          ours: try again, the same call may succeed
        └── DatabaseUnavailable
            ├── Outdated     a newer version has taken the database over
            └── DatabaseDamaged  … until somebody mends it

HTTP and live answer with `code`, a stable word for programs, and `detail`, a sentence for people.
"""

from typing import ClassVar


class ChatError(Exception):
    """A call that was refused. `str(error)` is the detail."""

    code: ClassVar[str] = "error"
    """A stable word; never changes between versions."""

    retryable: ClassVar[bool] = False
    """Whether the same call, unchanged, may succeed later."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(ChatError):
    """The input breaks a rule; the detail names the field, what was found and what is expected."""

    code = "invalid"


class TooLarge(ChatError):
    """The input is longer than allowed; the detail has both lengths."""

    code = "too_large"


class Unauthenticated(ChatError):
    """Wrong password, or a token that is expired, ended or not ours."""

    code = "unauthenticated"


class Forbidden(ChatError):
    """The account is known and may not do this."""

    code = "forbidden"


class NotFound(ChatError):
    """There is none, or none that this account may see: the answer is the same."""

    code = "not_found"


class Conflict(ChatError):
    """The name is taken."""

    code = "conflict"


class TooMany(ChatError):
    """Asked for too often; `retry_after` seconds later the next is allowed."""

    code = "rate_limited"
    retryable = True

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(ChatError):
    """We cannot at the moment. Nothing was stored, or the same client id finds what was."""

    code = "unavailable"
    retryable = True


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached or does not answer in time; it is tried again with the next call.

    Args:
        reason: for operators, in the log: it may name addresses and files. `detail`, which people get, names none.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("the server cannot reach its database; nothing was changed, try again in a moment")
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class DatabaseDamaged(DatabaseUnavailable):
    """What is stored cannot be read as a database; waiting does not mend it."""


class Outdated(DatabaseUnavailable):
    """A newer version has changed the database so that this one must not use it; an instance of that one will answer.

    Args:
        reason: for operators, in the log.
    """
