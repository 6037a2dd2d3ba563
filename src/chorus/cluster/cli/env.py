"""`chorus env`: the variables an application was given, those that look secret covered unless asked for."""

import re
from typing import Final

import msgspec

from chorus.cluster.cli import asking
from chorus.cluster.cli.failure import OK
from chorus.cluster.cli.product import Context

_SECRET: Final = re.compile(r"SECRET|PASS|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|_KEY$|AUTH|COOKIE|WEBHOOK", re.IGNORECASE)
_IN_URL: Final = re.compile(r"(://[^/@\s:]*:)[^/@\s]+@")
_COVER: Final = "********"


def run(context: Context) -> int:
    """Show them, one a line."""
    [description, *_] = asking.descriptions(context, context.arguments.operands)
    variables = dict(sorted(description.spec.variables.items()))
    if not context.arguments.given("reveal"):
        variables = {name: covered(name, value) for name, value in variables.items()}
    if context.arguments.given("json"):
        context.terminal.say(msgspec.json.format(msgspec.json.encode(variables), indent=2).decode())
        return OK
    for name, value in variables.items():
        context.terminal.say(f"{name}={value}")
    return OK


def covered(name: str, value: str) -> str:
    """The value, unless its name says that it is secret; a password inside a URL is covered alone."""
    return _COVER if _SECRET.search(name) and value else _IN_URL.sub(rf"\g<1>{_COVER}@", value)
