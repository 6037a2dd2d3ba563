"""Which instances a target names."""

import pytest

from chorus.cluster.targets import Named, UnknownTarget, resolve

KNOWN = [
    Named("chat", "default", {0: 4, 1: 5}),
    Named("worker-a", "jobs", {0: 6}),
    Named("worker-b", "jobs", {0: 7}),
    Named("jobs", "default", {0: 8}),
]


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("all", {"chat": {0, 1}, "worker-a": {0}, "worker-b": {0}, "jobs": {0}}),
        ("chat", {"chat": {0, 1}}),
        ("5", {"chat": {1}}),
        ("chat:1", {"chat": {1}}),
        ("/^worker/", {"worker-a": {0}, "worker-b": {0}}),
        ("jobs", {"jobs": {0}}),
        ("default", {"chat": {0, 1}, "jobs": {0}}),
    ],
)
def test_a_target_is_all_a_name_an_id_a_number_a_pattern_or_a_namespace(target, named):
    assert resolve([target], KNOWN) == named


def test_several_targets_name_all_of_theirs_once():
    assert resolve(["4", "worker-b", "chat"], KNOWN) == {"chat": {0, 1}, "worker-b": {0}}


@pytest.mark.parametrize(
    "target", ["nope", "99", "chat:9", "nobody:4", "/nothing/", "/(/", "//", "/chat", "chat/", "", "-1", "²", ":0"]
)
def test_a_target_that_names_nothing_is_an_error(target):
    with pytest.raises(UnknownTarget):
        resolve(["chat", target], KNOWN)
