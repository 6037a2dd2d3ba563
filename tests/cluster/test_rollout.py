"""A reload as a plan, one sentence a test."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.rollout import (
    Abort,
    Complete,
    Outcome,
    Phase,
    Plan,
    PredecessorGone,
    StartSuccessor,
    StopPredecessor,
    SuccessorFailed,
    SuccessorReady,
    Switch,
    TimePassed,
    advance,
    begin,
)


def play(plan, *events, now=0.0):
    """The rollout after these events, and all actions on the way."""
    rollout, actions = begin(plan, now=now)
    for event in events:
        rollout, more = advance(rollout, event, now=now)
        actions += more
    return rollout, actions


def test_one_after_the_other_each_old_one_leaves_after_its_successor_is_ready():
    rollout, actions = play(
        Plan(numbers=(0, 1)), SuccessorReady(0), PredecessorGone(0), SuccessorReady(1), PredecessorGone(1)
    )

    assert actions == [StartSuccessor(0), Switch(0), StartSuccessor(1), Switch(1), Complete()]
    assert rollout.outcome is Outcome.COMPLETED


def test_the_next_one_waits_until_the_old_process_is_gone():
    _, actions = play(Plan(numbers=(0, 1)), SuccessorReady(0))

    assert StartSuccessor(1) not in actions


def test_surge_two_starts_two_at_a_time():
    _, actions = play(Plan(numbers=(0, 1, 2), surge=2))

    assert actions == [StartSuccessor(0), StartSuccessor(1)]


def test_the_earliest_of_two_deadlines_is_the_next_one():
    """And whoever is ready leaves the other one as it was."""
    rollout, _ = begin(Plan(numbers=(0, 1, 2), surge=2, listen_timeout=10.0), now=0.0)
    rollout, _ = advance(rollout, SuccessorReady(0), now=1.0)
    rollout, _ = advance(rollout, PredecessorGone(0), now=4.0)

    assert rollout.next_deadline == 10.0
    assert advance(rollout, SuccessorReady(1), now=5.0)[1] == [Switch(1)]


def test_a_failed_successor_ends_it_and_leaves_the_old_ones():
    rollout, actions = play(Plan(numbers=(0, 1)), SuccessorFailed(0, "exited with code 1"))

    assert actions[1:] == [Abort(0, "exited with code 1", ())]
    assert rollout.outcome is Outcome.ABORTED


def test_a_late_successor_ends_it():
    rollout, _ = begin(Plan(numbers=(0,), listen_timeout=10.0), now=5.0)

    assert rollout.next_deadline == 15.0
    assert advance(rollout, TimePassed(), now=14.9)[1] == []
    assert advance(rollout, TimePassed(), now=15.0)[1] == [Abort(0, "not ready within 10 s", ())]


def test_a_failure_stops_the_other_successors_that_are_under_way():
    _, actions = play(Plan(numbers=(0, 1), surge=2), SuccessorFailed(1, "no"))

    assert actions[-1:] == [Abort(1, "no", ())]


def test_restore_puts_back_what_was_replaced_last_first():
    events = (SuccessorReady(0), PredecessorGone(0), SuccessorReady(1), PredecessorGone(1), SuccessorFailed(2, "no"))

    _, actions = play(Plan(numbers=(0, 1, 2), restore=True), *events)

    assert actions[-1] == Abort(2, "no", (1, 0))
    assert play(Plan(numbers=(0, 1, 2)), *events)[1][-1] == Abort(2, "no", ())


def test_without_overlap_the_old_one_leaves_first():
    _, actions = play(
        Plan(numbers=(0, 1), overlap=False),
        PredecessorGone(0),
        SuccessorReady(0),
        PredecessorGone(1),
        SuccessorReady(1),
    )

    assert actions == [
        StopPredecessor(0),
        StartSuccessor(0),
        Switch(0),
        StopPredecessor(1),
        StartSuccessor(1),
        Switch(1),
        Complete(),
    ]


def test_without_overlap_a_successor_has_its_time_from_its_own_start():
    rollout, _ = begin(Plan(numbers=(0,), overlap=False, listen_timeout=10.0), now=0.0)
    rollout, _ = advance(rollout, PredecessorGone(0), now=7.0)

    assert rollout.next_deadline == 17.0


def test_a_plan_for_nobody_is_complete():
    assert play(Plan(numbers=()))[1] == [Complete()]


def test_after_the_end_nothing_happens_any_more():
    rollout, _ = play(Plan(numbers=(0,)), SuccessorFailed(0, "no"))

    assert advance(rollout, SuccessorReady(0), now=1.0) == (rollout, [])


EVENTS = st.one_of(
    st.builds(SuccessorReady, st.integers(0, 5)),
    st.builds(SuccessorFailed, st.integers(0, 5), st.just("no")),
    st.builds(PredecessorGone, st.integers(0, 5)),
    st.just(TimePassed()),
)


@given(
    count=st.integers(0, 5),
    surge=st.integers(1, 3),
    overlap=st.booleans(),
    events=st.lists(EVENTS, max_size=60),
)
def test_whatever_happens_no_old_instance_leaves_before_its_successor_is_ready(count, surge, overlap, events):
    """And never more than `surge` are in flight, each number is started once, and the end is told exactly once."""
    rollout, actions = begin(Plan(numbers=tuple(range(count)), surge=surge, overlap=overlap), now=0.0)
    ready = set()
    for n, event in enumerate(events):
        surging = {flight.number for flight in rollout.flights if flight.phase is Phase.SURGING}
        if isinstance(event, SuccessorReady) and event.number in surging:
            ready.add(event.number)
        rollout, more = advance(rollout, event, now=float(n) / 10)
        actions += more
        assert len(rollout.flights) <= surge

    assert {action.number for action in actions if isinstance(action, Switch)} <= ready
    started = [action.number for action in actions if isinstance(action, StartSuccessor)]
    assert len(started) == len(set(started))
    ends = [action for action in actions if isinstance(action, Complete | Abort)]
    assert len(ends) == (1 if rollout.outcome else 0)


def test_a_plan_that_goes_on_puts_back_what_was_replaced_before_it_was_cut_short():
    plan = Plan(numbers=(1, 2), replaced=(0,), restore=True)

    _, actions = play(plan, SuccessorReady(1), PredecessorGone(1), SuccessorFailed(2, "exited with code 1"))

    assert actions[-1] == Abort(2, "exited with code 1", (1, 0))
