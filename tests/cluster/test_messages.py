"""What travels between the command line and the manager."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.messages import (
    ApplicationStatus,
    ClusterStatus,
    Done,
    Failed,
    InstanceStatus,
    LogFile,
    LogFiles,
    MessageError,
    Ping,
    Progress,
    Reload,
    Scale,
    Start,
    Stop,
    decode_answer,
    decode_request,
    encode,
)
from chorus.cluster.spec import ApplicationSpec

SPEC = ApplicationSpec(name="web", app="a:b", env={"A": "line\nline"})


@pytest.mark.parametrize(
    "request_",
    [Ping(), Start(applications=[SPEC], if_absent=True), Stop(["all"]), Scale("web", "+2"), Reload(targets=["a"])],
)
def test_a_request_is_one_line_and_comes_back_as_it_was(request_):
    line = encode(request_)

    assert line.count(b"\n") == 1
    assert decode_request(line) == request_


@pytest.mark.parametrize(
    "answer",
    [
        Progress("web:0 online", 1, 2),
        Done("started", changed=False),
        Failed("busy", "no", ["last line"]),
        LogFiles([LogFile("web", "out", "/x")]),
        ClusterStatus(
            keeper_pid=1,
            manager_pid=2,
            home="/h",
            version="1",
            applications=[
                ApplicationStatus(
                    name="web",
                    namespace="default",
                    kind="asgi",
                    instances=[InstanceStatus(id=0, number=0, key="web:0:1", state="backing-off")],
                )
            ],
        ),
    ],
)
def test_an_answer_comes_back_as_it_was(answer):
    assert decode_answer(encode(answer)) == answer


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[1]",
        b'{"type": "Explode"}',
        b'{"type": "Stop", "targets": []}',
        b'{"type": "Stop", "targets": "all"}',
        b'{"type": "Scale", "target": "web", "change": "many"}',
        b'{"type": "Start", "applications": [{"name": "web"}]}',
        b'{"type": "Stop", "targets": ["\xff"]}',
    ],
)
def test_what_is_no_request_is_named_as_that(line):
    with pytest.raises(MessageError, match="not a request"):
        decode_request(line)


def test_a_field_of_a_newer_version_is_ignored():
    assert decode_request(b'{"type": "Ping", "since": 2}') == Ping()


@given(st.binary(max_size=200))
def test_no_bytes_ever_bring_anything_but_a_message_or_a_message_error(line):
    for decode in (decode_request, decode_answer):
        with contextlib.suppress(MessageError):
            decode(line)
