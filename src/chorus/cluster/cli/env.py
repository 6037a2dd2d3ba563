"""`chorus env`: the variables of an application or of one instance, those that look secret covered unless asked for."""

import re
from typing import Final

import msgspec

from chorus.cluster.cli import asking, one_instance
from chorus.cluster.cli.failure import OK, usage
from chorus.cluster.cli.product import Context

_SECRET: Final = re.compile(r"SECRET|PASS|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|_KEY$|AUTH|COOKIE|WEBHOOK", re.IGNORECASE)
_IN_URL: Final = re.compile(r"(://[^/@\s:]*:)[^/@\s]+@")
_COVER: Final = "********"


def run(context: Context) -> int:
    """Show them, one a line."""
    [target] = context.arguments.operands
    found = asking.descriptions(context, [target])
    if len(found) > 1:
        names = ", ".join(each.spec.name for each in found)
        raise usage(f'env: "{target}" names {len(found)} applications, expected one of {names}')
    spec = found[0].spec
    instance = one_instance.named(context, target)
    variables = dict(sorted((spec.variables if instance is None else spec.variables_of(instance.number)).items()))
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
