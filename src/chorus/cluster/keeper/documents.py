"""What is said on keeper.sock as JSON: a document for each command, answer and fact, one a line; and back, checked.

A client:

    line = encode(request(7, Tail(key="chat:0:1", lines=20)))
    message = decode(answered_line)                     # a dict with "fact", or with "id" and "ok"
    lines = build(ANSWERS[Tail], message).lines         # when message["ok"], else Failure(**message["error"])
    happened = build(FACTS[message["fact"]], message)
"""

import json
import types
from typing import Any, TypeGuard, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from chorus.cluster.keeper.struct import Struct, as_dict
from chorus.cluster.keeper.wire import Answer, Command, Fact, Failure, WireError

S = TypeVar("S", bound=Struct)


def request(number: int, command: Command) -> dict[str, Any]:
    """The document of a command."""
    return {"id": number, "do": type(command).__name__, **as_dict(command)}


def success(number: int, answer: Answer) -> dict[str, Any]:
    """The document of a done command's answer."""
    return {"id": number, "ok": True, **as_dict(answer)}


def failure(number: int | None, failed: Failure) -> dict[str, Any]:
    """The document of a command that was not done."""
    return {"id": number, "ok": False, "error": {"code": failed.code, "message": failed.message}}


def fact(happened: Fact) -> dict[str, Any]:
    """The document of a fact."""
    return {"fact": type(happened).__name__, **as_dict(happened)}


def encode(document: dict[str, Any]) -> bytes:
    """A document as a line, its end included."""
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes | bytearray) -> dict[str, Any]:
    """A line as a document. Raises WireError when it is no JSON object."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WireError(f"expected one JSON object a line: {error}") from error
    if not isinstance(document, dict):
        raise WireError(f"expected one JSON object a line, found {type(document).__name__}")
    return cast("dict[str, Any]", document)


def build(kind: type[S], document: dict[str, Any]) -> S:
    """Make a `kind` of the document's fields; fields it does not know are left aside (they are a newer keeper's).

    Raises WireError for a missing field or one of another type.
    """
    hints = _hints(kind)
    values: dict[str, Any] = {}
    for name in kind.__match_args__:
        if name in document:
            values[name] = _checked(hints[name], document[name], f"{kind.__name__}.{name}")
        elif not hasattr(kind, name):  # no default
            raise WireError(f"{kind.__name__}.{name} is missing")
    return kind(**values)


_known_hints: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    if kind not in _known_hints:
        _known_hints[kind] = get_type_hints(kind)
    return _known_hints[kind]


def _checked(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not types.NoneType]
        return None if value is None else _checked(inner[0], value, where)
    if origin is list and isinstance(value, list):
        return [_checked(arguments[0], item, where) for item in cast("list[Any]", value)]
    if origin is dict and isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {_checked(str, name, where): _checked(arguments[1], item, where) for name, item in items}
    if _is_struct(hint) and isinstance(value, dict):
        return build(hint, cast("dict[str, Any]", value))
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is hint:
        return value
    expected = getattr(hint, "__name__", str(hint))
    raise WireError(f"{where}: expected {expected}, found {type(value).__name__}")


def _is_struct(hint: object) -> TypeGuard[type[Struct]]:
    return isinstance(hint, type) and issubclass(hint, Struct)
