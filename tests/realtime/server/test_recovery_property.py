"""Row 13: whatever happens to a client that recovers, and whenever, it lacks nothing and gets nothing twice."""

from hypothesis import given, settings
from hypothesis import strategies as st

from parts.recovering import House, RecoveringClient, settled

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from("abcd")),
        st.tuples(st.just("follow"), st.sampled_from("cd")),
        st.tuples(st.just("receive"), st.integers(0, 4)),
        st.tuples(st.just("lose"), st.sampled_from(["", "", "", "a", "b", "c"])),
    ),
    max_size=40,
)


class Witness:
    """Remembers what a client knows it follows, and from where: a and b since a CONNECT that was new, others since the
    answer that said so."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client = RecoveringClient()
        self._begun: dict[str, int] = {}
        self._asked: dict[int, tuple[str, int]] = {}
        self._at_connect: dict[str, int] = {}

    async def connect(self) -> None:
        self._at_connect = {room: self._position(room) for room in "ab"}
        await self.client.connect(self.house.server)

    async def follow(self, room: str) -> None:
        self._asked[self.client.ask("follow", room)] = room, self._position(room)
        await settled()

    def receive(self, most: int | None = None) -> None:
        before = len(self.client.recovered)
        self.client.receive(most)
        if len(self.client.recovered) > before and not self.client.recovered[-1]:
            self._begun = dict(self._at_connect)
        for number in self.client.answers.keys() & self._asked.keys():
            room, position = self._asked.pop(number)
            self._begun.setdefault(room, position)

    async def lose_connection(self, end_of: str) -> None:
        self.client.lose_connection()
        self._asked.clear()
        await self.house.kill()
        self.house.lose_end_of(end_of)
        await self.house.start()
        await self.connect()

    def check(self) -> None:
        for room, begin in self._begun.items():
            seen = [entry for entry in self.client.entries(room) if entry[2] > begin]
            assert [seq for _, _, seq in seen] == list(range(begin + 1, self._position(room) + 1))
            kept = self.house.history(room)[-len(seen) :] if seen else []
            assert seen[-len(kept) :] == kept if kept else True

    def _position(self, room: str) -> int:
        history = self.house.history(room)
        return history[-1][2] if history else 0


@given(STEPS)
@settings(max_examples=200)
async def test_recovered_is_never_true_with_a_hole_or_a_double(steps):
    """Wherever a connection is cut, and also when a log lost its end with its machine and gave the numbers again."""
    house = House(keep=6)
    witness = Witness(house)
    await house.start()
    await witness.connect()

    for what, argument in steps:
        match what:
            case "say":
                await house.say(argument)
            case "receive":
                witness.receive(argument)
            case "follow" if witness.client.recovered:
                await witness.follow(argument)
            case "lose":
                await witness.lose_connection(argument)
    witness.receive()

    witness.check()
    await house.kill()
