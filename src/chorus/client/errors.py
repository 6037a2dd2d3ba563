"""What can go wrong for a bot.

ClientError
├── ApiError        the server refused; `code` is its stable word (docs/api.md, "Errors")
└── Unreachable     nobody answered, or not in time; the same call may succeed later
"""


class ClientError(Exception):
    """Something that was asked for was not done."""


class ApiError(ClientError):
    """The server refused, and would again."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class Unreachable(ClientError):
    """There was no answer within the time that was given."""
