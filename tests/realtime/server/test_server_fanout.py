"""Fan-out: joined a tick, and still in order for each member."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.rooms import Rooms
from chorus.realtime.server.fanout import FanOut


class Member:
    """Keeps what is written to it."""

    def __init__(self, name="ann"):
        self.name = name
        self.got = b""
        self.writes = 0

    def write(self, data):
        self.got += data
        self.writes += 1


class Site:
    """Rooms and their fan-out; the tick ends when the test says so."""

    def __init__(self, **options):
        self.rooms = Rooms[Member](common="c")
        self.scheduled = []
        self.written = 0
        self.fan_out = FanOut[Member](self.scheduled.append, self._count, **options)

    def _count(self):
        self.written += 1

    def join(self, member, name):
        self.fan_out.settle(self.rooms.get(name))
        self.rooms.join(member, name)

    def leave(self, member, name):
        self.fan_out.settle(self.rooms.get(name))
        self.rooms.leave(member, name)

    def emit(self, name, frame, without=frozenset()):
        room = self.rooms.get(name)
        if room is not None:
            self.fan_out.to_room(room, frame, without)

    def send(self, member, frame):
        self.fan_out.to_member(member, frame, self.rooms.of(member))

    def end_tick(self):
        scheduled, self.scheduled[:] = list(self.scheduled), []
        for callback in scheduled:
            callback()


def test_what_is_emitted_in_one_tick_is_one_write_a_member():
    """The cost of a delivery does not grow with the frames it carries."""
    site, members = Site(), [Member(), Member()]
    for member in members:
        site.join(member, "a")

    for frame in (b"1", b"2", b"3"):
        site.emit("a", frame)
    before = [member.writes for member in members]
    site.end_tick()

    assert before == [0, 0]
    assert [(member.got, member.writes) for member in members] == [(b"123", 1)] * 2


def test_all_members_are_written_the_same_object():
    """A thousand members of a room cost the bytes once."""
    site, seen = Site(), []
    for _ in range(3):
        member = Member()
        member.write = seen.append
        site.join(member, "a")

    site.emit("a", b"1")
    site.emit("a", b"2")
    site.end_tick()

    assert len(seen) == 3
    assert len({id(data) for data in seen}) == 1


def test_one_closed_socket_keeps_nobody_from_theirs():
    """Its session will hear of it from its own transport."""
    site, members = Site(), [Member() for _ in range(5)]
    for member in members:
        site.join(member, "a")

    def closed(_data):
        raise RuntimeError("unable to perform operation; the handler is closed")

    members[2].write = closed
    site.emit("a", b"1")
    site.end_tick()

    assert [member.got for member in members] == [b"1", b"1", b"", b"1", b"1"]


def test_a_write_that_changes_the_room_keeps_nobody_from_theirs():
    """A member that is thrown out by what is written to it is no reason to stop, or to go on for ever."""
    site, members = Site(), [Member() for _ in range(5)]
    for member in members:
        site.join(member, "a")

    members[2].write = lambda _data: site.rooms.drop(members[2])
    site.emit("a", b"1")
    site.end_tick()

    assert [member.got for member in members] == [b"1", b"1", b"", b"1", b"1"]


def test_a_room_that_grows_too_full_is_written_before_the_tick_ends():
    """A loop that emits without awaiting fills sockets, which are bounded, and not memory."""
    site, member = Site(most=10), Member()
    site.join(member, "a")

    for _ in range(4):
        site.emit("a", b"four")

    assert member.got == b"four" * 3
    site.end_tick()
    assert member.got == b"four" * 4


def test_whoever_joins_gets_nothing_from_before_and_whoever_leaves_gets_all_from_before():
    """A tick has an inside."""
    site, ann, bob = Site(), Member(), Member()
    site.join(ann, "a")

    site.emit("a", b"1")
    site.join(bob, "a")
    site.emit("a", b"2")
    site.leave(ann, "a")
    site.emit("a", b"3")
    site.end_tick()

    assert (ann.got, bob.got) == (b"12", b"23")


NAMES = st.sampled_from("abc")
MEMBERS = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("join"), MEMBERS, NAMES),
    st.tuples(st.just("leave"), MEMBERS, NAMES),
    st.tuples(st.just("emit"), NAMES, st.frozensets(MEMBERS, max_size=1)),
    st.tuples(st.just("send"), MEMBERS),
    st.tuples(st.just("tick")),
)


@given(st.lists(STEPS, max_size=40), st.sampled_from([4, 1_000]))
def test_each_member_gets_exactly_its_frames_in_the_order_they_were_emitted(steps, most):
    """Whatever rooms overlap, whoever is left out, joins, leaves or is sent something of its own, in any tick."""
    site, members = Site(most=most), [Member(str(number)) for number in range(3)]
    inside, expected = set(), [b""] * 3
    for number, step in enumerate(steps):
        frame = b"%d," % number
        match step:
            case ("join", who, name):
                site.join(members[who], name)
                inside.add((who, name))
            case ("leave", who, name):
                site.leave(members[who], name)
                inside.discard((who, name))
            case ("emit", name, without):
                site.emit(name, frame, frozenset(members[who] for who in without))
                for who in range(3):
                    if (who, name) in inside and who not in without:
                        expected[who] += frame
            case ("send", who):
                site.send(members[who], frame)
                expected[who] += frame
            case _:
                site.end_tick()
    site.end_tick()

    assert [member.got for member in members] == expected
