"""The keeper's wire: what is built of documents, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.keeper.documents import build, decode, encode, fact, request, success
from chorus.cluster.keeper.wire import (
    COMMANDS,
    Child,
    ChildExited,
    Exited,
    Logs,
    SignalChild,
    Snapshot,
    SpawnChild,
    WireError,
)


def test_a_command_comes_back_as_it_was_sent():
    """Nested logs, lists and mappings survive the line."""
    command = SpawnChild("chat:0:1", ["x", "-y"], "/", {"A": "ä"}, ["chat"], "load", Logs("o", None, "c"), notes="{}")

    document = decode(encode(request(4, command)))

    assert (document["id"], document["do"]) == (4, "SpawnChild")
    assert build(COMMANDS[document["do"]], document) == command


def test_a_snapshot_with_an_exited_child_comes_back_as_it_was_sent():
    child = Child("chat:0:1", 7, 1.5, "notes", {"READY": "1"}, 2.5, Exited(None, 9, 3.5))
    snapshot = Snapshot(1, 0.5, [child], [], {"name": "text"})

    assert build(Snapshot, decode(encode(success(1, snapshot)))) == snapshot


def test_a_fact_names_itself():
    document = decode(encode(fact(ChildExited("chat:0:1", 7, 0, None, 3.5))))

    assert document["fact"] == "ChildExited"
    assert build(ChildExited, document) == ChildExited("chat:0:1", 7, 0, None, 3.5)


def test_fields_of_a_newer_version_are_left_aside():
    assert build(SignalChild, {"key": "a", "signal": 15, "later": True}) == SignalChild("a", 15)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"key": "a"}, "SignalChild.signal is missing"),
        ({"key": 1, "signal": 15}, "SignalChild.key: expected str, found int"),
        ({"key": "a", "signal": True}, "SignalChild.signal: expected int, found bool"),
        ({"key": "a", "signal": 15, "group": None}, "SignalChild.group: expected bool, found NoneType"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected_and_found(document, complaint):
    with pytest.raises(WireError, match=complaint):
        build(SignalChild, document)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_wire_error(line):
    try:
        document = decode(line)
        build(SpawnChild, document)
    except WireError:
        pass


def test_a_deeply_nested_line_is_a_wire_error():
    with pytest.raises(WireError):
        decode(b"[" * 500_000)
