"""How a command says what it did: a line for a person, with --json one JSON object for a program."""

import msgspec

from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.product import Context


def tell(context: Context, text: str, *, changed: bool, **more: object) -> None:
    """Say it.

    Args:
        context: of the command.
        text: what was done; several lines become one in JSON.
        changed: whether anything is different now.
        more: what else a program may want to know, by its name in the object.
    """
    if not context.arguments.given("json"):
        context.terminal.say(text)
        return
    document = {"text": text.replace("\n", "; "), "changed": changed, **more}
    context.terminal.say(msgspec.json.encode(document).decode())


def failed(error: CommandFailed) -> str:
    """The object of a command that failed: `{"error": {"code": …, "kind": …, "message": …, "detail": […]}}`."""
    said = {"code": error.code, "kind": error.kind, "message": error.message, "detail": error.detail}
    return msgspec.json.encode({"error": said}).decode()
