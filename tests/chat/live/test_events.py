"""The tables of live events are what the gateway answers and what the chat emits; their document is complete."""

import ast
import itertools
import re
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

import chorus.chat
from chorus.chat.actions.settings import ChatSettings
from chorus.chat.http.problems import CODES
from chorus.chat.limits.memory import MemoryLimiter
from chorus.chat.live import examples
from chorus.chat.live.asyncapi import document
from chorus.chat.live.events import ALWAYS, ASKED, CONNECT, CONNECT_ERROR, TOLD
from chorus.chat.live.gateway import Gateway
from chorus.realtime import DurableRooms, MemoryBackplane, MemoryLog, Namespace, Server

EMITS = {"emit", "_emit", "encode", "announce_personal"}

FROM_THE_LIBRARY = {"entry", "error"}
"""What durable rooms and the realtime server emit, not the chat."""


@pytest.fixture(scope="module")
def described():
    return document("1.2.3")


@pytest.fixture
def answered(monkeypatch):
    """What a gateway registers: event → the type of its payload."""
    found = {}
    declare = Namespace.on

    def on(self, event, *, payload=None):
        found[event] = payload
        return declare(self, event, payload=payload)

    monkeypatch.setattr(Namespace, "on", on)
    backplane = MemoryBackplane()
    namespace = Server(backplane=backplane).namespace("/")
    chat = SimpleNamespace(limiter=MemoryLimiter(), settings=ChatSettings(secret="s" * 32))
    Gateway(chat, namespace, DurableRooms(namespace, MemoryLog()), backplane)
    return found


def emitted():
    """(event, payload's type as it is written) of everything that the chat's source emits by a literal name."""
    room = Path(chorus.chat.__file__).parent
    for path in (*(room / "live").glob("*.py"), *(room / "actions").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", None) in EMITS:
                yield from told_by(node)


def told_by(call):
    for argument, following in itertools.pairwise(call.args):
        if isinstance(argument, ast.Constant) and not isinstance(following, ast.Constant):
            made = following.func if isinstance(following, ast.Call) else None
            yield argument.value, made.id if isinstance(made, ast.Name) else None


def check(schema, value, described):
    whole = {**schema, "components": described["components"]}
    jsonschema.Draft7Validator(whole, format_checker=jsonschema.FormatChecker()).validate(value)


def test_row_25_the_events_that_clients_may_send_are_those_that_are_answered(answered):
    assert answered == {each.name: each.payload for each in ASKED}


def test_row_25_the_events_that_the_server_may_send_are_those_that_are_emitted():
    found = dict(emitted())

    assert set(found) == {each.name for each in TOLD} - FROM_THE_LIBRARY


def test_row_25_what_is_emitted_is_of_the_declared_type():
    declared = {each.name: each.payload for each in TOLD}

    for name, kind in emitted():
        assert kind in (None, getattr(declared[name], "__name__", None)), name


def test_row_25_every_event_is_an_operation_with_its_message(described):
    operations = described["operations"]

    for each in (CONNECT, *ASKED):
        assert operations[each.name]["action"] == "receive"
        assert len(operations[each.name]["reply"]["messages"]) == 2
    assert [name for name, each in operations.items() if each["action"] == "send"] == [
        "typing.told" if each.name == "typing" else each.name for each in (CONNECT_ERROR, *TOLD)
    ]


def test_every_reference_of_the_document_leads_somewhere(described):
    references = set(re.findall(r"'\$ref': '#/([^']+)'", str(described)))

    assert len(references) > 50
    for reference in references:
        found = described
        for step in reference.split("/"):
            found = found[step]
        assert found


def test_every_field_of_a_payload_has_a_schema_and_every_event_a_line(described):
    for name, message in described["components"]["messages"].items():
        assert message["summary"].endswith("."), name
        assert message["payload"], name
        assert message["examples"], name


@pytest.mark.parametrize("event", ASKED, ids=lambda each: each.name)
def test_row_25_the_examples_of_what_clients_say_are_valid(described, event):
    payload, answer = map(examples.as_json, examples.ASKED[event.name])
    messages = described["components"]["messages"]

    check(messages[event.name]["payload"], payload, described)
    check(messages[f"{event.name}.done"]["payload"], answer, described)


@pytest.mark.parametrize("event", [CONNECT_ERROR, *TOLD], ids=lambda each: each.name)
def test_row_25_the_examples_of_what_the_server_says_are_valid(described, event):
    name = "typing.told" if event.name == "typing" else event.name

    check(described["components"]["messages"][name]["payload"], examples.as_json(examples.TOLD[event.name]), described)


def test_every_event_has_an_example_and_no_other_has():
    assert set(examples.ASKED) == {CONNECT.name, *(each.name for each in ASKED)}
    assert set(examples.TOLD) == {CONNECT_ERROR.name, *(each.name for each in TOLD)}


def test_a_refusal_has_one_of_the_codes_of_the_http_api():
    assert {code for each in (CONNECT, *ASKED) for code in (*ALWAYS, *each.refusals)} <= set(CODES)
