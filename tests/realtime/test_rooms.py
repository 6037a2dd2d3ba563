"""The room index."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.realtime.rooms import Rooms


def names(rooms: Rooms[str], member: str) -> set[str]:
    return {room.name for room in rooms.of(member)}


def test_the_first_to_join_and_the_last_to_leave_are_told_apart():
    """Somebody subscribes at the one and unsubscribes at the other."""
    rooms = Rooms[str]()

    assert [rooms.join("ann", "a"), rooms.join("bob", "a"), rooms.join("bob", "a")] == [True, False, False]
    assert [rooms.leave("ann", "a"), rooms.leave("ann", "a"), rooms.leave("bob", "a")] == [False, False, True]


def test_a_room_without_members_is_gone():
    """Rooms cost nothing once everybody left."""
    rooms = Rooms[str]()
    rooms.join("ann", "a")

    rooms.leave("ann", "a")

    assert "a" not in rooms
    assert len(rooms) == 0


def test_dropping_a_member_looks_at_its_own_rooms_only():
    """A disconnect costs O(rooms of that client): the other 10,000 rooms are not touched."""
    rooms = Rooms[str]()
    for number in range(10_000):
        rooms.join("bob", f"other {number}")
    rooms.join("ann", "a")
    everything = rooms._rooms
    rooms._rooms = Looked(everything)

    assert rooms.drop("ann") == ["a"]
    assert rooms._rooms.looks <= 2


class Looked(dict):
    """Counts how many rooms are looked at, one by one or all of them."""

    looks = 0

    def __getitem__(self, key):
        self.looks += 1
        return super().__getitem__(key)

    def __delitem__(self, key):
        self.looks += 1
        super().__delitem__(key)

    def __iter__(self):
        self.looks += len(self)
        return super().__iter__()

    def values(self):
        self.looks += len(self)
        return super().values()

    def items(self):
        self.looks += len(self)
        return super().items()


@given(st.lists(st.tuples(st.sampled_from(["join", "leave", "drop"]), st.sampled_from("xyz"), st.sampled_from("abcd"))))
def test_both_sides_of_the_index_agree_after_any_steps(steps):
    """What a set of pairs would say."""
    rooms, pairs = Rooms[str](common="d"), set()
    for step, member, room in steps:
        if step == "join":
            rooms.join(member, room)
            pairs.add((member, room))
        elif step == "leave":
            rooms.leave(member, room)
            pairs.discard((member, room))
        else:
            rooms.drop(member)
            pairs = {pair for pair in pairs if pair[0] != member}

    for member in "xyz":
        assert names(rooms, member) == {room for who, room in pairs if who == member}
    for name in "abcd":
        members = {member for member, room in pairs if room == name}
        room = rooms.get(name)
        assert (room.members if room else set()) == members
        if room and not room.common:
            others = {member for member, other in pairs if other not in (name, "d")}
            assert room.shared == len(members & others)
