"""The AsyncAPI 3.0 document of the live events (https://www.asyncapi.com/docs/reference/specification/v3.0.0).

    document("0.1.0")["operations"]["message.send"]

Made from the tables of events.py and the structs they name. Its one channel is the Socket.IO namespace "/"; a message's
name is the event's, its payload the event's one argument. What a client says is an operation that we `receive`, its
reply the acknowledgement; what we say is one that we `send`.
"""

from collections.abc import Iterable
from typing import Any

from chorus.chat.access.paths import SOCKETS
from chorus.chat.live import examples
from chorus.chat.live.events import ALWAYS, ASKED, CONNECT, CONNECT_ERROR, TOLD, Asked, Told
from chorus.chat.live.payloads import Refused
from chorus.chat.schemas import schemas_of

_CHANNEL = {"$ref": "#/channels/live"}

_ABOUT = (
    "Socket.IO 4 at the server's own address, over WebSocket or long polling. Connect with `auth` (operation "
    "`connect`), hear `ready`, what follows your cursors, `caught_up`, and from then on every event as it happens. "
    "Fields that are not known are to be ignored."
)


def document(version: str) -> dict[str, Any]:
    """Make the document of this version of Chorus."""
    asked, told = (CONNECT, *ASKED), (CONNECT_ERROR, *TOLD)
    payloads = [each.payload for each in (*asked, *told)] + [each.answer for each in ASKED] + [Refused]
    found = schemas_of(payloads)
    schemas = iter(found.schemas)
    messages = {each.name: _asked(each, next(schemas)) for each in asked}
    messages |= {_told_name(each): _told(each, next(schemas)) for each in told}
    messages |= {_done_name(each): _done(each, next(schemas)) for each in ASKED}
    messages["refused"] = _refused(found.schemas[-1])
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Chorus: live events", "version": version, "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "chorus": {
                "host": "{address}",
                "pathname": SOCKETS,
                "protocol": "ws",
                "protocolVersion": "Socket.IO 5, Engine.IO 4",
                "description": "`wss` behind TLS",
                "variables": {"address": {"default": "127.0.0.1:3000", "description": "Host and port"}},
            }
        },
        "channels": {
            "live": {
                "address": "/",
                "title": "The namespace of the chat",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": dict(_operations(asked, told)),
        "components": {"messages": messages, "schemas": found.components},
    }


def _operations(asked: Iterable[Asked], told: Iterable[Told]) -> Iterable[tuple[str, dict[str, Any]]]:
    for each in asked:
        outcomes = ("ready", "connect_error") if each is CONNECT else (_done_name(each), "refused")
        reply = {"channel": _CHANNEL, "messages": [_in_channel(name) for name in outcomes]}
        operation = {"action": "receive", "channel": _CHANNEL, "summary": each.about}
        yield each.name, operation | {"messages": [_in_channel(each.name)], "reply": reply}
    for each in told:
        name = _told_name(each)
        yield (
            name,
            {
                "action": "send",
                "channel": _CHANNEL,
                "summary": each.about,
                "description": f"To {each.to}.",
                "messages": [_in_channel(name)],
            },
        )


def _asked(event: Asked, schema: dict[str, Any]) -> dict[str, Any]:
    codes = ", ".join(f"`{code}`" for code in (*ALWAYS, *event.refusals))
    example = examples.as_json(examples.ASKED[event.name][0])
    return _message(event.name, event.about, schema, example) | {"description": f"Refused with {codes}."}


def _done(event: Asked, schema: dict[str, Any]) -> dict[str, Any]:
    example = examples.as_json(examples.ASKED[event.name][1])
    return _message(_done_name(event), f"`{event.name}` is done.", schema, example)


def _told(event: Told, schema: dict[str, Any]) -> dict[str, Any]:
    example = examples.as_json(examples.TOLD[event.name])
    return _message(event.name, event.about, schema, example) | {"description": f"To {event.to}."}


def _refused(schema: dict[str, Any]) -> dict[str, Any]:
    return _message("refused", "What was asked is not done.", schema, examples.as_json(examples.REFUSED))


def _message(name: str, about: str, schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"name": name, "title": name, "summary": about, "payload": schema, "examples": [{"payload": example}]}


def _in_channel(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/live/messages/{name}"}


def _done_name(event: Asked) -> str:
    return f"{event.name}.done"


def _told_name(event: Told) -> str:
    """Its name; what both sides say stands in the document twice, ours as `….told`."""
    return f"{event.name}.told" if any(event.name == each.name for each in ASKED) else event.name
