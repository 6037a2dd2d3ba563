"""docs/events.md, written from the tables of events.py: `python -m chorus.chat.live.reference > docs/events.md`."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chorus.chat.live import examples
from chorus.chat.live.events import ALWAYS, ASKED, CONNECT, CONNECT_ERROR, TOLD, Asked, Told
from chorus.chat.live.payloads import Refusal
from chorus.chat.schemas import schemas_of

_BEGIN = """# Live events

Connect any Socket.IO 4 client to the server's address; [the walk in the API page](api.md#live-events) shows how, and
what cursors are. Each event has one argument, described here. The same is described for programs, as AsyncAPI 3.0, by
the server itself: `/api/v1/asyncapi.json`.

Ask for an acknowledgement: it is the answer shown, or `{"ok": false, "error": {"code", "detail", "retryable"}}` with
one of the codes that the event lists ([what they mean](api.md#errors)); with `rate_limited`, `retry_after` is the
seconds to wait. Without one, what is refused comes as the event
[`error`](#error). An event that there is not is refused with `unknown_event`, if an acknowledgement was asked for.
Ignore fields and events that you do not know: a newer server may have more.

This page is written from `src/chorus/chat/live/events.py` by `make reference`; do not edit it.
"""


def page() -> str:
    """The whole page."""
    asked, told = (CONNECT, *ASKED), (CONNECT_ERROR, *TOLD)
    kinds = dict.fromkeys(kind for each in (*asked, *told) for kind in _structs(each))
    parts = [
        _BEGIN,
        _index("What clients say", ((each.name, each.about) for each in asked)),
        _index("What the server says", ((f"{each.name}", each.about) for each in told)),
        "## What clients say, one by one\n",
        *(_asked(each) for each in asked),
        "## What the server says, one by one\n",
        *(_told(each) for each in told),
        "## What is in them\n",
        *_structures(kinds),
    ]
    return "\n".join(parts)


def _structs(event: Asked | Told) -> Iterator[type]:
    for kind in (event.payload, event.answer) if isinstance(event, Asked) else (event.payload,):
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield kind


def _index(title: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| [`{name}`](#{_anchor(name, title)}) | {about} |" for name, about in rows]
    return "\n".join([f"## {title}\n", "| event | |", "| --- | --- |", *lines, ""])


def _anchor(name: str, title: str) -> str:
    """Of a heading, as GitHub makes it; `typing` is said by both sides, and the second is told apart."""
    again = title == "What the server says" and any(name == each.name for each in ASKED)
    return name.replace(".", "") + ("-1" if again else "")


def _asked(event: Asked) -> str:
    payload, answer = examples.ASKED[event.name]
    codes = ", ".join(f"`{code}`" for code in (*ALWAYS, *event.refusals))
    answered = "Followed by" if event is CONNECT else "Answered with"
    return f"""### {event.name}

{event.about}

{_fields(event.payload)}
{_shown(payload)}
{answered} {_link(event.answer)}:

{_shown(answer)}
Refused with {codes}.
"""


def _told(event: Told) -> str:
    fields = _fields(event.payload) if any(True for _ in _structs(event)) else "By channel, as a key: its position.\n"
    return f"""### {event.name}

{event.about} To {event.to}.

{fields}
{_shown(examples.TOLD[event.name])}"""


def _fields(kind: Any) -> str:
    schema = schemas_of([kind]).components[kind.__name__]
    return _table(schema) if schema["properties"] else "Without fields.\n"


def _table(schema: dict[str, Any]) -> str:
    rows = [
        f"| `{name}`{'' if name in schema['required'] else '?'} | {_type(member)} | {member.get('description', '')} |"
        for name, member in schema["properties"].items()
    ]
    return "\n".join(["| field | type | |", "| --- | --- | --- |", *rows, ""])


def _type(schema: dict[str, Any]) -> str:
    """What a value may be, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(each)}`" for each in schema["enum"])
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}{_most(schema, 'maxItems')}"
    if schema["type"] == "object":
        return f"by id: {_type(schema['additionalProperties'])}{_most(schema, 'maxProperties')}"
    return {"date-time": "time", "uuid": "UUID"}.get(schema.get("format", ""), str(schema["type"]))


def _most(schema: dict[str, Any], bound: str) -> str:
    return f", at most {schema[bound]:,}" if bound in schema else ""


def _structures(kinds: Iterable[type]) -> Iterator[str]:
    """What the payloads refer to, and the acknowledgements; what is the whole payload of an event stands with it."""
    told = {each.payload: each.name for each in TOLD if each.name == each.payload.__name__.lower()}
    components = schemas_of(list(kinds)).components
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(components)))
    referred |= {Refusal.__name__, *(each.answer.__name__ for each in ASKED)}
    for name in sorted(referred - {kind.__name__ for kind in told}):
        schema = components[name]
        if "enum" in schema:
            yield f"### {name}\n\n{schema['description']} {_type(schema)}.\n"
        else:
            yield f"### {name}\n\n{schema['description']}\n\n{_table(schema)}"


def _link(kind: type) -> str:
    return f"[{kind.__name__}](#{kind.__name__.lower()})"


def _shown(example: Any) -> str:
    text = json.dumps(examples.as_json(example), ensure_ascii=False)
    return f"```json\n{text}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(page())
