"""The environment, read into the tree of settings."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

import msgspec

from chorus.entry.settings.accounts import Accounts
from chorus.entry.settings.database import Database
from chorus.entry.settings.files import Files
from chorus.entry.settings.redis import Redis
from chorus.entry.settings.tree import Declared, Settings, Stage, declared_of
from chorus.entry.settings.variables import Problem, SettingsError, Special
from chorus.entry.settings.web import Web

_QUOTED: Final = {ord(character): quote(character) for character in "%?#\t\n\r"}
"""What in a path would mean something else in a URL, or would be left out."""

_PASSWORD: Final = re.compile(r"[^:/?#]+://[^:/?#]*:([^/?#]*)@")
"""Of a URL that may name several hosts, which `urlsplit` does not take in each release of Python."""


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings out of a mapping such as `os.environ`.

    Raises:
        SettingsError: naming every variable that is wrong, or that production requires and nobody set.
    """
    reader = _Reader(_with_password_of_url(environment))
    top = reader.group(Settings)
    redis = reader.group(Redis)
    home: str = top["home"]
    if home.startswith("~"):
        home = top["home"] = (environment.get("HOME") or "/").rstrip("/") + home[1:]

    elsewhere = [name for name in ("REDIS_HOST", "REDIS_PORT", "REDIS_URL") if environment.get(name)]
    redis["bundled"] = not elsewhere
    if elsewhere and "REDIS_URL" not in elsewhere:
        redis["url"] = ""
    groups: dict[str, Any] = {
        "web": Web(**reader.group(Web)),
        "redis": Redis(**_filled(redis, home)),
        "database": Database(**_filled(reader.group(Database), home)),
        "files": Files(**_filled(reader.group(Files), home)),
        "accounts": Accounts(**reader.group(Accounts)),
    }
    if reader.problems:
        raise SettingsError(reader.problems)
    return Settings(**top, **groups)


def _filled(values: dict[str, Any], home: str) -> dict[str, Any]:
    """Defaults that lie in the home folder are written with `{home}`; a path in a URL is quoted (RFC 3986)."""
    return {**values, "url": values["url"].replace("{home}", home.translate(_QUOTED))}


def _with_password_of_url(environment: Mapping[str, str]) -> Mapping[str, str]:
    if environment.get("REDIS_PASSWORD"):
        return environment
    match = _PASSWORD.match(environment.get("REDIS_URL", ""))
    return {**environment, "REDIS_PASSWORD": unquote(match[1])} if match else environment


def _scheme_of(text: str) -> str:
    """All that may be shown of a secret: where it is a URL, of which kind."""
    match = re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://", text)
    return f"{match[0]}…" if match else "something else"


class _Reader:
    """Reads group after group and collects what is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[Problem] = []
        self.production = False

    def group(self, group: type[msgspec.Struct]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for declared in declared_of(group):
            values[declared.field] = value = self._value(declared)
            if value is Stage.PRODUCTION:
                self.production = True
        return values

    def _value(self, declared: Declared) -> Any:
        variable = declared.variable
        for name in (variable.name, *variable.also):
            if text := self.environment.get(name):
                return self._read(name, text, declared)

        if not self.production or variable.production is Special.SAME:
            return declared.default
        if variable.production is Special.REQUIRED:
            self.problems.append(Problem(variable.name, "nothing", "a value: production does not start without it"))
            return declared.default
        return variable.production

    def _read(self, name: str, text: str, declared: Declared) -> Any:
        variable = declared.variable
        try:
            value = variable.kind.read(text)
        except (ValueError, KeyError):  # what a kind raises for text that it does not expect
            found = _scheme_of(text) if variable.secret else repr(text if len(text) <= 80 else text[:77] + "…")
            self.problems.append(Problem(name, found, variable.kind.expected))
            return declared.default
        size = len(text.encode(errors="surrogateescape"))
        if self.production and size < variable.shortest:
            self.problems.append(Problem(name, f"{size} bytes", f"{variable.shortest} bytes or more"))
        return value
