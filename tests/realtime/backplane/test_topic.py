"""What an instance tells under one topic: what changed, as it is by now, or everything in parts."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.backplane import topic as topics
from chorus.realtime.backplane.directory import Listed
from chorus.realtime.backplane.topic import Topic, listed


class People(dict[str, set[str]]):
    """A roll."""

    def everything(self):
        return iter(self)

    def labels(self, key):
        return self.get(key)


def test_a_change_says_what_is_so_by_now():
    people = People(ann={"red"}, bob={"blue"})
    topic = Topic("0", people)
    for key, label in (("ann", "red"), ("ann", "blue"), ("bob", "red"), ("cat", "red")):
        topic.note(key, label)

    [change] = topic.changes()

    assert dict(change.there) == {"ann": '["0",["red"]]', "bob": '["0",["blue"]]'}
    assert change.gone == ["cat"]
    assert change.got == ["red\0ann"]
    assert sorted(change.lost) == ["blue\0ann", "red\0bob", "red\0cat"]
    assert list(topic.changes()) == []


def test_a_burst_of_changes_comes_in_parts(monkeypatch):
    monkeypatch.setattr(topics, "MOST", 2)
    topic = Topic("0", People())
    for number in range(5):
        topic.note(str(number), "red")

    assert [part.gone for part in topic.changes()] == [["0", "1"], ["2", "3"], ["4"]]


def test_everything_comes_in_parts_and_takes_what_was_noted_with_it(monkeypatch):
    monkeypatch.setattr(topics, "MOST", 2)
    people = People({str(number): {"red"} for number in range(5)})
    topic = Topic("0", people)
    topic.note("0", "red")

    parts = list(topic.everything())

    assert [len(part.there) for part in parts] == [2, 2, 1]
    assert list(topic.changes()) == []


def test_one_that_leaves_between_two_parts_is_left_out_and_noted(monkeypatch):
    monkeypatch.setattr(topics, "MOST", 1)
    people = People(ann={"red"}, bob={"red"})
    topic = Topic("0", people)
    parts = topic.everything()
    next(parts)
    del people["bob"]
    topic.note("bob", "red")

    assert next(parts) == topics.Change()
    assert [part.gone for part in topic.changes()] == [["bob"]]


@pytest.mark.parametrize("empty", [True, False])
def test_a_topic_knows_whether_there_is_anything_to_tell(empty):
    assert Topic("0", People() if empty else People(ann=set())).empty is empty


@given(st.text(), st.sets(st.text()), st.text())
def test_an_entry_is_read_as_it_was_told(key, labels, instance):
    [part] = Topic(instance, People({key: labels})).everything()
    change = msgspec.msgpack.decode(msgspec.msgpack.encode(part), type=topics.Change)

    assert [listed(key, entry.encode()) for key, entry in change.there] == [Listed(key, frozenset(labels), instance)]
