"""Who says what, where and when: the whole talk of the demonstration, made before anything of it is stored.

    script = write(Size(people=100, channels=20, messages=50_000), seed=1, until=now)
    script.people, script.rooms         # rooms name their members by their places in `people`
    for event in script.events: …       # Post and Change, in the order of their times

Talk comes in conversations: a question and its answer, news and what others say to it, a proposal that is settled.
Replies come minutes later, in a thread or beneath; people react, quote and mention each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import msgspec

from chorus.chat.demo.calendar import Calendar, span
from chorus.chat.demo.grammar import Talk, Topic, read_topics
from chorus.chat.demo.people import Person, team
from chorus.chat.domain.entries import EntryKind

MOST_PICTURES = 240
DIRECT = 0.12
"""Of all conversations, those between two people."""

_MINUTE = 60_000
_EMOJI = {
    "tell": ("🎉", "👍", "🚀", "❤️", "👀", "🙌", "💪"),
    "ask": ("👀", "🤔", "👍"),
    "answer": ("🙏", "👍", "💡", "✅"),
    "propose": ("👍", "💯", "👀", "🤔"),
}


class Size(msgspec.Struct, frozen=True):
    """How much of everything."""

    people: int
    channels: int
    messages: int


class Attachment(msgspec.Struct, frozen=True):
    """Something attached to a message."""

    kind: str
    """As pictures.py names it, or "table" for a text of numbers."""

    name: str
    seed: int


class Room(msgspec.Struct, frozen=True):
    """A channel, or two people's direct messages."""

    name: str
    """Empty in direct messages."""

    topic: Topic
    members: tuple[int, ...]
    """Places in `people`; the first one made it."""


@dataclass(slots=True, eq=False)
class Post:
    """A message."""

    room: int
    author: int
    at: int
    text: str
    thread: "Post | None" = None
    attached: tuple[Attachment, ...] = ()
    seq: int = 0
    """In its channel's log, once it is stored."""


@dataclass(slots=True, eq=False)
class Change:
    """What somebody does to a message: an edit with another text, a deletion, a reaction, a pin."""

    kind: EntryKind
    author: int
    at: int
    target: Post
    text: str = ""
    emoji: str = ""


@dataclass(slots=True)
class Script:
    """All of it."""

    people: list[Person]
    rooms: list[Room]
    begins: int
    """Milliseconds since 1970, before the first message."""

    events: list[Post | Change]
    random: Random
    """For what is made when it is stored, ids among it: another one for each `until`, for the files of a team that was
    erased keep their ids until somebody took their contents away."""


def write(size: Size, *, seed: int, until: int) -> Script:
    """Make a script; the same for the same arguments. `until`: milliseconds since 1970, after everything."""
    random = Random(seed)  # noqa: S311 - nothing of it is a secret
    people = team(random, size.people)
    calendar = Calendar(until, span(size.messages, size.people))
    rooms = list(_rooms(random, people, size.channels))
    writer = _Writer(random, people, rooms, calendar, until)
    events = writer.events(size.messages)
    events.sort(key=lambda event: event.at)  # stable: what is of one moment stays as it was said
    return Script(people, rooms, calendar.first - 60 * _MINUTE, events, Random(f"{seed} {until}"))  # noqa: S311


def _rooms(random: Random, people: list[Person], count: int) -> Iterator[Room]:
    """Channels, the one for all first; then direct messages of neighbours, and more of the first of all."""
    topics = read_topics()
    staff = [place for place, person in enumerate(people) if person.role != "guest"]
    for number in range(count):
        topic = topics[number % len(topics)]
        turn = number // len(topics)
        name = topic.name if not turn else f"{topic.name}-{turn + 1}"
        yield Room(name, topic, tuple(_members(random, topic, number, staff, len(people))))
    talk = topics[0]
    for place in range(1, len(people)):
        yield Room("", talk, (place - 1, place))
    for place in staff[2 : 2 + min(8, len(staff) // 4)]:
        yield Room("", talk, (0, place))


def _members(random: Random, topic: Topic, number: int, staff: list[int], everybody: int) -> list[int]:
    if topic.private:
        return staff[: max(2, min(8, len(staff) // 6))]
    if number == 0 or topic.quiet or topic.name == "random":
        return staff
    share = 0.2 + 0.07 * topic.weight
    core = staff[:6]  # of these there is always somebody who knows
    others = [place for place in range(len(core), everybody) if random.random() < share]
    first = core.pop(number % len(core))
    return [first, *core, *others]


class _Writer:
    def __init__(self, random: Random, people: list[Person], rooms: list[Room], calendar: Calendar, until: int) -> None:
        self._random = random
        self._people = people
        self._rooms = rooms
        self._calendar = calendar
        self._until = until
        named = [place for place, room in enumerate(rooms) if room.name]
        direct = [place for place, room in enumerate(rooms) if not room.name]
        self._named = named, [rooms[place].topic.weight for place in named]
        self._direct = direct, [3.0 if 0 in rooms[place].members else 1.0 for place in direct]
        self._pictures = 0

    def events(self, messages: int) -> list[Post | Change]:
        """Conversations until there are so many messages."""
        events: list[Post | Change] = []
        said = 0
        while said < messages:
            for post in self._conversation():
                events.append(post)
                events += self._changes(post)
                said += 1
                if said == messages:
                    break
        return events

    def _conversation(self) -> Iterator[Post]:
        random = self._random
        places, weights = self._direct if self._direct[0] and random.random() < DIRECT else self._named
        (place,) = random.choices(places, weights)
        room = self._rooms[place]
        speakers = self._speakers(room)
        firsts = [self._people[each].name.split()[0] for each in speakers] or ["somebody"]
        talk = Talk(room.topic, random, firsts[1:] or firsts)
        at = self._calendar.moment(random)
        lines = list(self._direct_lines(talk) if not room.name else self._lines(talk, room))
        opener: Post | None = None
        threaded = bool(room.name) and random.random() < 0.33
        for number, (turn, kind, text) in enumerate(lines):
            if at > self._until:
                return
            author = speakers[turn % len(speakers)]
            thread = opener if threaded and number else None
            if number and opener is not None and thread is None:
                text = self._addressed(text, opener, author)
            attached = self._attached(room, kind)
            post = Post(place, author, at, text, thread, attached)
            opener = opener or post
            yield post
            at += 5_000 + int(random.expovariate(1 / (2.5 * _MINUTE)))

    def _speakers(self, room: Room) -> list[int]:
        """Up to six of its members; who says much is among them more often."""
        members = list(room.members)
        if room.topic.quiet and room.name:
            members = members[:3]
        weights = [self._people[each].diligence for each in members]
        chosen = self._random.choices(members, weights, k=6)
        rest = [each for each in members if each not in chosen]
        return list(dict.fromkeys([*chosen, *rest[:1]]))

    def _lines(self, talk: Talk, room: Room) -> Iterator[tuple[int, str, str]]:
        """Whose turn it is, what kind of sentence it is, and the sentence."""
        random = self._random
        if room.topic.quiet:
            yield 0, "tell", talk.say("tell")
            return
        roll = random.random()
        if talk.can("propose") and roll < 0.05:
            yield 0, "propose", talk.say("propose")
            for turn in range(1, random.randint(2, 5)):
                yield turn, "answer", talk.say(random.choice(("agree", "doubt", "agree", "offer")))
            yield 0, "answer", talk.say("settle")
        elif roll < 0.5:
            yield 0, "tell", talk.say("tell")
            for turn in range(1, random.randint(1, 4)):
                yield turn, "cheer", talk.say("cheer")
        else:
            question, answer = talk.ask_and_answer()
            yield 0, "ask", question
            if random.random() < 0.3:
                yield 1, "wait", talk.say("wait")
            yield 1 if random.random() < 0.6 else 2, "answer", answer
            if random.random() < 0.35:
                yield 3, "offer", talk.say(random.choice(("offer", "doubt", "agree")))
            if random.random() < 0.7:
                yield 0, "thanks", talk.say("thanks")

    def _direct_lines(self, talk: Talk) -> Iterator[tuple[int, str, str]]:
        for turn in range(self._random.randint(1, 3)):
            yield turn % 2, "direct", talk.say("direct")
            if self._random.random() < 0.85:
                yield (turn + 1) % 2, "direct", talk.say("direct_answer")

    def _addressed(self, text: str, opener: Post, author: int) -> str:
        """The sentence, now and then to somebody by name, or with what it answers to."""
        roll = self._random.random()
        if roll < 0.08 and author != opener.author:
            return f"@{self._people[opener.author].handle} {text}"
        first = opener.text.partition("\n")[0]
        if roll < 0.15 and not first.startswith(("```", ">", "|")):
            return f"> {first}\n\n{text}"
        return text

    def _attached(self, room: Room, kind: str) -> tuple[Attachment, ...]:
        random = self._random
        shows = room.name and room.topic.pictures and kind == "tell" and random.random() < 0.6
        if shows and self._pictures < MOST_PICTURES:
            self._pictures += 1
            what = room.topic.pictures
            number = random.randint(1, 4) if random.random() < 0.15 else 1
            return tuple(
                Attachment(what, f"{what}-{random.randint(2, 99)}.{'jpg' if what == 'landscape' else 'png'}", seed)
                for seed in (random.getrandbits(32) for _ in range(number))
            )
        if random.random() < 0.002:
            return (Attachment("table", f"readings-{random.randint(1000, 9999)}.csv", random.getrandbits(32)),)
        return ()

    def _changes(self, post: Post) -> Iterator[Change]:
        """What becomes of it later."""
        random = self._random
        room = self._rooms[post.room]
        kind = _kind_of(post)
        often = 0.45 if kind == "tell" and room.name else 0.1
        if random.random() < often:
            yield from self._reactions(post, room, kind)
        elif random.random() < 0.003 and post.thread is not None:
            yield Change(EntryKind.DELETED, post.author, self._later(post), post)
        elif random.random() < 0.012:
            text = f"{post.text}\n\nPS: {random.choice(room.topic.phrases['offer']).partition('{')[0].strip()}"
            yield Change(EntryKind.EDITED, post.author, self._later(post), post, text=text)
        if room.name and post.thread is None and len(post.text) > 120 and random.random() < 0.04:
            yield Change(EntryKind.PINNED, random.choice(room.members), self._later(post), post)

    def _reactions(self, post: Post, room: Room, kind: str) -> Iterator[Change]:
        random = self._random
        emoji = random.sample(_EMOJI[kind], k=1 if random.random() < 0.6 else 2)
        others = [each for each in room.members if each != post.author] or [post.author]
        for each in emoji:
            most = min(len(others), 7)
            for who in random.sample(others, k=min(most, int(random.paretovariate(1.3)))):
                yield Change(EntryKind.REACTED, who, self._later(post), post, emoji=each)

    def _later(self, post: Post) -> int:
        """A moment after it; of what is just said, at the end of everything."""
        return min(post.at + 3_000 + int(self._random.expovariate(1 / (8 * _MINUTE))), self._until)


def _kind_of(post: Post) -> str:
    if post.thread is not None or post.text.startswith((">", "@")):
        return "answer"
    if post.text.rstrip().endswith("?"):
        return "ask"
    return "tell" if len(post.text) > 60 else "answer"
