"""What a variable of the environment is: its text read as a value of some kind, or a problem that names it.

    port: Annotated[int, Variable("PORT", "The port the chat listens on.", whole(1, 65535))] = 3000

The kinds read and show; a declaration puts one beside a name, a meaning and what production does otherwise.
"""

from collections.abc import Callable
from enum import Enum
from ipaddress import ip_network
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

_PORTS: Final = {"http": 80, "https": 443}


class SettingsError(Exception):
    """The operator's environment is wrong; `problems` has every wrong variable, in the order of their declaration."""

    def __init__(self, problems: "list[Problem]") -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class Problem(NamedTuple):
    """One variable, what was found in it and what belongs there."""

    variable: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.variable}: found {self.found}, expected {self.expected}"


class Kind(NamedTuple):
    """How a variable's text becomes a value. `read` raises ValueError when the text is not `expected`."""

    expected: str
    read: Callable[[str], Any]
    show: Callable[[Any], str] = str
    unit: str = ""


class Special(Enum):
    """What may stand in the place of production's own default."""

    SAME = "the same"
    REQUIRED = "required"


class Variable(NamedTuple):
    """A declaration: the variable that fills the field it annotates. The field's default is development's."""

    name: str
    doc: str
    kind: Kind
    also: tuple[str, ...] = ()
    """Older names, looked at when `name` is not set."""

    production: Any = Special.SAME
    secret: bool = False
    """Never shown, in errors neither."""

    shortest: int = 0
    """Bytes that production asks for, at least."""


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}[
        text.lower()
    ]


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number between two bounds."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
            raise ValueError(text)
        return int(text)

    return read


def url_with(*schemes: str) -> Callable[[str], str]:
    """Reads a URL that begins with one of these schemes."""

    def read(text: str) -> str:
        parts = urlsplit(text.partition(",")[0])  # what follows are the other hosts of a cluster
        if parts.scheme.partition("+")[0] not in schemes or not (parts.netloc or parts.path.strip("/")):
            raise ValueError(text)
        return text

    return read


def _milliseconds(least: int) -> Callable[[str], float]:
    read = whole_number(least, 3_600_000)
    return lambda text: read(text) / 1000


def _shown_milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


def _shown_boolean(value: bool) -> str:
    return str(value).lower()


def _number(text: str) -> str:
    return str(whole_number(0, 1_000_000)(text))


def _origins(text: str) -> tuple[str, ...]:
    return tuple(_origin(each.strip()) for each in text.split(",") if each.strip())


def _proxies(text: str) -> tuple[str, ...]:
    return ("*",) if text == "*" else _networks(text)


def _networks(text: str) -> tuple[str, ...]:
    return tuple(str(ip_network(each.strip())) for each in text.split(",") if each.strip())


def _origin(text: str) -> str:
    """An origin as browsers send it (RFC 6454, section 6.2): in lower case, without the scheme's own port."""
    parts = urlsplit(text.lower())
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise ValueError(text)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(text)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _absolute(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError(text)
    return text.rstrip("/") or "/"


def whole(least: int, most: int) -> Kind:
    """A whole number between two bounds."""
    return Kind(f"a whole number from {least} to {most}", whole_number(least, most))


def choice(*words: str) -> Kind:
    """One of a few words."""
    return Kind(" or ".join(words), {word: word for word in words}.__getitem__)


def _duration(least: int) -> Kind:
    expected = f"milliseconds, a whole number from {least} to 3600000"
    return Kind(expected, _milliseconds(least), _shown_milliseconds, "ms")


TIMEOUT: Final = _duration(1)
DELAY: Final = _duration(10)
"""Between attempts: less would keep a processor busy with them."""

NUMBER: Final = Kind("a whole number", _number)
BOOLEAN: Final = Kind("true or false", _boolean, _shown_boolean)
TEXT: Final = Kind("text", str)
FOLDER: Final = Kind("an absolute path", _absolute)
PROXIES: Final = Kind("networks like 10.0.0.0/24, or addresses, separated by commas; or *", _proxies, ",".join)
NETWORKS: Final = Kind("networks like 10.0.0.0/8, or addresses, separated by commas", _networks, ",".join)
ORIGINS: Final = Kind("origins like https://chat.example.com, separated by commas", _origins, ",".join)
