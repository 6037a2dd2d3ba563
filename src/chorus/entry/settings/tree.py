"""All groups of settings, and the list of everything that is declared in them."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, get_type_hints

import msgspec

from chorus.entry.settings.accounts import Accounts
from chorus.entry.settings.database import Database
from chorus.entry.settings.files import Files
from chorus.entry.settings.redis import Redis
from chorus.entry.settings.variables import FOLDER, NUMBER, TEXT, Kind, Variable, url_with
from chorus.entry.settings.web import Web


class Stage(StrEnum):
    """Where the system runs; it decides some defaults and what may be left out."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the environment decides."""

    stage: Annotated[
        Stage,
        Variable(
            "CHORUS_ENV",
            "Where this runs; it decides the defaults below.",
            Kind("development or production", Stage),
            also=("NODE_ENV",),
        ),
    ] = Stage.DEVELOPMENT
    home: Annotated[
        str,
        Variable("CHORUS_HOME", "The folder for sockets, state and data; only its owner may look into it.", FOLDER),
    ] = "~/.chorus"
    name: Annotated[str, Variable("CHORUS_NAME", "What the chat calls itself.", TEXT)] = "Chorus"
    alert_webhook: Annotated[
        str,
        Variable(
            "CHORUS_ALERT_WEBHOOK",
            'The webhook that gets the alerts of the chat, as a POST of {"text": …}, as Slack takes it: alerts.md.',
            Kind("http://… or https://…", url_with("http", "https")),
            secret=True,
        ),
    ] = ""
    instance: Annotated[
        str,
        Variable(
            "CHORUS_INSTANCE_ID",
            "The number of this instance; the manager sets it.",
            NUMBER,
            also=("NODE_APP_INSTANCE", "PM2_INSTANCE_ID"),
        ),
    ] = "0"
    web: Web = Web()
    redis: Redis = Redis()
    database: Database = Database()
    files: Files = Files()
    accounts: Accounts = Accounts()

    @property
    def production(self) -> bool:
        """Whether real people depend on this."""
        return self.stage is Stage.PRODUCTION


class Declared(NamedTuple):
    """A variable with the field it fills, for those who list them."""

    group: type[msgspec.Struct]
    field: str
    default: Any
    variable: Variable


def declarations() -> Iterator[Declared]:
    """Every variable, in the order of their declaration: first those of `Settings` itself, then group after group."""
    yield from declared_of(Settings)
    for group in (Web, Redis, Database, Files, Accounts):
        yield from declared_of(group)


def declared_of(group: type[msgspec.Struct]) -> Iterator[Declared]:
    """Those of one group."""
    hints = get_type_hints(group, include_extras=True)
    for field in msgspec.structs.fields(group):
        for variable in getattr(hints[field.name], "__metadata__", ()):
            if isinstance(variable, Variable):
                yield Declared(group, field.name, field.default, variable)
