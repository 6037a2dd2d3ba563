"""The talk of the demonstration, before anything of it is stored."""

from datetime import UTC, datetime

import pytest

from chorus.chat.demo.grammar import read_topics
from chorus.chat.demo.people import team
from chorus.chat.demo.pictures import draw
from chorus.chat.demo.script import Change, Post, Size, write
from chorus.chat.domain.accounts import check_handle, check_name
from chorus.chat.domain.channels import check_channel_name, check_topic
from chorus.chat.domain.entries import EntryKind, check_emoji, check_text
from chorus.chat.domain.errors import ChatError

NOW = 1_764_165_600_000
"""A Wednesday afternoon."""

SIZE = Size(people=25, channels=24, messages=3000)


@pytest.fixture(scope="module")
def script():
    return write(SIZE, seed=7, until=NOW)


def posts(script):
    return [event for event in script.events if isinstance(event, Post)]


def changes(script, kind):
    return [event for event in script.events if isinstance(event, Change) and event.kind is kind]


def told(script):
    """All of it, without the objects."""
    return [(event.at, event.author, event.text, getattr(event, "emoji", "")) for event in script.events]


def test_the_same_seed_gives_the_same_talk_and_another_another(script):
    assert told(write(SIZE, seed=7, until=NOW)) == told(script)
    assert told(write(SIZE, seed=8, until=NOW)) != told(script)


def test_there_is_as_much_of_everything_as_asked_for(script):
    assert len(script.people) == 25
    assert sum(bool(room.name) for room in script.rooms) == 24
    assert len(posts(script)) == 3000
    assert len({post.text for post in posts(script)}) > 1000


def test_there_are_threads_quotes_mentions_reactions_edits_pins_and_files(script):
    said = posts(script)

    assert sum(post.thread is not None for post in said) > 200
    assert sum(post.text.startswith("> ") for post in said) > 20
    assert sum(post.text.startswith("@") for post in said) > 20
    assert sum(len(post.attached) for post in said) > 20
    assert {kind for kind in EntryKind if kind is not EntryKind.POSTED and changes(script, kind)} >= {
        EntryKind.REACTED,
        EntryKind.EDITED,
        EntryKind.PINNED,
    }


def test_nobody_speaks_where_they_are_not_and_replies_follow_what_they_reply_to(script):
    for event in script.events:
        post = event if isinstance(event, Post) else event.target
        assert event.author in script.rooms[post.room].members
        assert script.begins < event.at <= NOW
        if isinstance(event, Change):
            assert event.at >= post.at
        elif event.thread is not None:
            assert event.thread.room == event.room
            assert event.thread.thread is None
            assert event.thread.at < event.at


def test_nobody_reacts_twice_with_the_same_and_a_deleted_message_is_left_alone(script):
    reactions = [(id(each.target), each.author, each.emoji) for each in changes(script, EntryKind.REACTED)]
    deleted = {id(each.target) for each in changes(script, EntryKind.DELETED)}
    others = [event for event in script.events if isinstance(event, Change) and event.kind is not EntryKind.DELETED]

    assert len(set(reactions)) == len(reactions)
    assert not deleted & {id(each.target) for each in others}


def test_most_is_said_in_office_hours_of_working_days(script):
    moments = [datetime.fromtimestamp(post.at / 1000, UTC) for post in posts(script)]

    assert sum(at.weekday() < 5 and 8 <= at.hour < 18 for at in moments) > 0.85 * len(moments)
    assert sum(at.weekday() >= 5 for at in moments) > 0
    assert sorted(post.at for post in posts(script)) == [post.at for post in posts(script)]


def test_everything_is_as_the_chat_would_take_it(script):
    for person in script.people:
        assert check_handle(person.handle) == person.handle
        assert check_name(person.name) == person.name
    for room in script.rooms:
        if room.name:
            assert check_channel_name(room.name) == room.name
            assert check_topic(room.topic.about) == room.topic.about
    for event in script.events:
        if event.text:
            assert check_text(event.text) == event.text
        if isinstance(event, Change) and event.kind is EntryKind.REACTED:
            assert check_emoji(event.emoji) == event.emoji


def test_two_people_and_one_message_are_a_team_as_well():
    script = write(Size(people=2, channels=1, messages=1), seed=1, until=NOW)

    assert [person.role for person in script.people] == ["owner", "admin"]
    assert len(posts(script)) == 1


def test_every_phrase_can_be_said():
    """A slot without words would be found by somebody who happens to get it."""
    for seed in range(3):
        try:
            write(Size(people=3, channels=len(read_topics()), messages=4000), seed=seed, until=NOW)
        except (KeyError, ValueError, ChatError) as error:
            pytest.fail(f"seed {seed}: {error!r}")


def test_a_large_team_has_handles_of_their_own():
    people = team(__import__("random").Random(1), 2000)

    assert len({person.handle for person in people}) == 2000


@pytest.mark.parametrize("kind", ["chart", "mock-up", "landscape"])
def test_the_same_seed_draws_the_same_picture(kind, tmp_path):
    draw(kind, seed=3, path=str(tmp_path / "one"))
    draw(kind, seed=3, path=str(tmp_path / "two"))
    draw(kind, seed=4, path=str(tmp_path / "other"))

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes() != (tmp_path / "other").read_bytes()
