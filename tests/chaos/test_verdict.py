"""The judge of a chaos run: it finds whatever is planted, and nothing in what is right."""

import uuid

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chorus.chaos.journal import Journal, Promise, View, digest
from chorus.chaos.verdict import Fault, Record, judge

CHANNEL, OTHER = 3, 4


def ids(count, begin=0):
    return [uuid.UUID(int=begin + number).bytes for number in range(count)]


def view(count, channel=CHANNEL):
    made = View()
    for seq in range(1, count + 1):
        made.add(seq, digest(seq, "posted", 7, f"{channel}-{seq}", 0, "Hello"))
    return made


def record(count, channel=CHANNEL, begin=0):
    return Record(view(count, channel), ids(count, begin))


def journal(saw, promised=0, *, client=0, channel=CHANNEL, begin=0, **more):
    promises = [Promise(each, channel, seq) for seq, each in enumerate(ids(promised, begin), 1)]
    return Journal(client, 7, {channel: saw.packed()}, promises, **more)


def faults(records, journals):
    return [violation.fault for violation in judge(records, journals).violations]


def seen(seqs, count):
    """A view that got these seqs of a log of `count`, in this order."""
    whole, made = view(count), View()
    for seq in seqs:
        made.add(seq, whole.digests[seq - 1])
    return made


def test_a_run_in_which_everybody_saw_the_log_is_good():
    verdict = judge({CHANNEL: record(5)}, [journal(view(5), 5), journal(view(5), client=1)])

    assert verdict.good
    assert (verdict.acknowledged, verdict.delivered, verdict.violations) == (5, 10, [])
    [proof] = verdict.channels
    assert (proof.channel, proof.entries, proof.views, proof.agreeing) == (CHANNEL, 5, 2, 2)


def test_a_run_in_which_nothing_was_acknowledged_proves_nothing():
    assert not judge({CHANNEL: record(0)}, [journal(view(0))]).good


def test_what_was_acknowledged_and_is_not_in_the_database_is_lost():
    verdict = judge({CHANNEL: record(4)}, [journal(view(4), 5)])

    assert [violation.fault for violation in verdict.violations] == [Fault.LOST]
    assert "acknowledged at channel 3 seq 5, found nowhere" in verdict.violations[0].text


def test_what_was_acknowledged_in_another_place_is_lost():
    promises = [Promise(ids(1)[0], CHANNEL, 1), Promise(ids(2)[1], CHANNEL, 1)]

    assert faults({CHANNEL: record(2)}, [Journal(0, 7, {CHANNEL: view(2).packed()}, promises)]) == [Fault.LOST]


def test_what_nobody_sent_is_named():
    assert faults({CHANNEL: record(2)}, [journal(view(2), 1)]) == [Fault.UNSENT]


def test_a_message_without_an_answer_is_named_whether_it_is_stored_or_not():
    left = ids(2)[1:]

    assert faults({CHANNEL: record(1)}, [journal(view(1), 1, unanswered=left)]) == [Fault.UNANSWERED]
    assert faults({CHANNEL: record(2)}, [journal(view(2), 1, unanswered=left)]) == [Fault.UNANSWERED]


def test_a_refusal_for_good_is_named():
    assert faults({CHANNEL: record(1)}, [journal(view(1), 1, refusals=["forbidden"])]) == [Fault.REFUSED]


def test_a_client_id_that_stands_twice_is_named():
    twice = Record(view(2), ids(1) * 2)

    assert faults({CHANNEL: twice}, [journal(view(2), 1)]) == [Fault.STORED_TWICE]


def test_a_hole_in_the_database_is_named():
    holed = Record(seen([1, 3], 3), ids(2))

    assert Fault.HOLE in faults({CHANNEL: holed}, [journal(seen([1, 3], 3), 1)])


def test_a_channel_that_the_database_does_not_have_is_named():
    assert Fault.UNKNOWN in faults({}, [journal(view(1))])


def test_each_channel_is_judged_for_itself():
    records = {CHANNEL: record(2), OTHER: record(2, OTHER, begin=10)}
    good = journal(view(2), 2)
    bad = journal(view(1, OTHER), 2, client=1, channel=OTHER, begin=10)

    verdict = judge(records, [good, bad])

    assert [violation.text for violation in verdict.violations] == [
        "client 1, channel 4: saw up to seq 1, the database ends at 2"
    ]
    assert [proof.agreeing for proof in verdict.channels] == [1, 0]


def test_violations_beyond_a_bound_are_counted_and_not_told():
    verdict = judge({CHANNEL: record(1)}, [journal(view(1), 1), *(journal(view(0), client=n) for n in range(1, 500))])

    assert (len(verdict.violations), verdict.found) == (100, 499)


@given(st.integers(2, 30), st.data())
def test_whatever_is_done_to_a_view_is_found_where_it_was_done(count, data):
    """One entry left out, doubled, moved or changed: named with its kind and its seq."""
    kind = data.draw(st.sampled_from([Fault.MISSING, Fault.DOUBLE, Fault.OUT_OF_ORDER, Fault.ALTERED]))
    at = data.draw(st.integers(1, count - 1))
    seqs = list(range(1, count + 1))
    if kind is Fault.MISSING:
        seqs.remove(at)
    elif kind is Fault.DOUBLE:
        seqs.insert(data.draw(st.integers(at, count)), at)
    elif kind is Fault.OUT_OF_ORDER:
        seqs[at - 1], seqs[at] = seqs[at], seqs[at - 1]
    spoilt = seen(seqs, count)
    if kind is Fault.ALTERED:
        spoilt.digests[at - 1] ^= 1

    verdict = judge({CHANNEL: record(count)}, [journal(view(count), count), journal(spoilt, client=1)])

    assert [violation.fault for violation in verdict.violations] == [kind]
    assert verdict.violations[0].text.startswith("client 1, channel 3: ")
    assert str(at) in verdict.violations[0].text
    assert verdict.channels[0].agreeing == 1
    assert not verdict.good


@given(st.integers(1, 30), st.integers(0, 29))
def test_a_view_that_stops_early_misses_the_rest(count, length):
    saw = min(length, count - 1)

    assert faults({CHANNEL: record(count)}, [journal(view(saw), count)]) == [Fault.MISSING]


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 1)), max_size=50))
def test_a_view_travels_as_bytes(entries):
    made = View()
    for seq, hashed in entries:
        made.add(seq, hashed)

    travelled = View.unpacked(msgspec.msgpack.decode(msgspec.msgpack.encode(made.packed()), type=type(made.packed())))

    assert (travelled.seqs, travelled.digests) == (made.seqs, made.digests)


@given(st.data())
def test_a_digest_depends_on_everything_it_is_made_of(data):
    entry = [5, "posted", 7, "0f1e", 0, "Hello"]
    place = data.draw(st.integers(0, 5))
    other = list(entry)
    other[place] = entry[place] + 1 if isinstance(entry[place], int) else entry[place] + "!"

    assert digest(*other) != digest(*entry)
