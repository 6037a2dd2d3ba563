"""The table of an instance's life, and the picture of it in the documentation."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.lifecycle import DEADLINE, TABLE, Effect, Event, State, UnexpectedEvent, step

DOCUMENT = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def walk(*events, start=State.STOPPED):
    """The state after these events and all effects on the way."""
    state, effects = start, []
    for event in events:
        transition = step(state, event)
        state = transition.state
        effects += transition.effects
    return state, effects


def test_a_stop_signals_and_waits_for_the_exit():
    state, effects = walk(Event.STOP, Event.EXITED, start=State.ONLINE)

    assert state is State.STOPPED
    assert effects == [Effect.SIGNAL_STOP]


def test_a_program_that_ignores_the_stop_is_killed_and_still_waited_for():
    state, effects = walk(Event.STOP, Event.KILL_DUE, start=State.ONLINE)

    assert state is State.STOPPING
    assert effects == [Effect.SIGNAL_STOP, Effect.SIGNAL_KILL]


def test_a_restart_spawns_after_the_exit_and_counts():
    state, effects = walk(Event.RESTART, Event.EXITED, start=State.ONLINE)

    assert state is State.STARTING
    assert effects == [Effect.SIGNAL_STOP, Effect.COUNT_RESTART, Effect.SPAWN]


def test_stop_then_start_counts_no_restart():
    _, effects = walk(Event.STOP, Event.EXITED, Event.START, start=State.ONLINE)

    assert Effect.COUNT_RESTART not in effects
    assert effects[-2:] == [Effect.FORGET_HISTORY, Effect.SPAWN]


def test_a_crash_backs_off_and_its_restart_counts():
    state, effects = walk(Event.CRASHED, Event.DELAY_OVER, Event.READY, start=State.ONLINE)

    assert state is State.ONLINE
    assert effects == [Effect.COUNT_RESTART, Effect.SPAWN, Effect.WATCH]


def test_an_unwell_instance_is_asked_to_end_before_anything_is_decided():
    state, effects = walk(Event.UNWELL, start=State.ONLINE)

    assert state is State.FAILING
    assert effects == [Effect.SIGNAL_STOP]


def test_start_while_it_stops_makes_it_come_back():
    state, effects = walk(Event.STOP, Event.START, Event.EXITED, start=State.ONLINE)

    assert state is State.STARTING
    assert effects[-1] is Effect.SPAWN


def test_stop_during_a_restart_wins():
    state, effects = walk(Event.RESTART, Event.STOP, Event.EXITED, start=State.ONLINE)

    assert state is State.STOPPED
    assert Effect.SPAWN not in effects


def test_an_event_that_cannot_happen_is_named():
    with pytest.raises(UnexpectedEvent, match='an instance that is stopped cannot take the event "ready"'):
        step(State.STOPPED, Event.READY)


@pytest.mark.parametrize("state", State)
def test_an_operator_may_stop_start_and_restart_in_every_state(state):
    events = TABLE[state]

    assert {Event.STOP, Event.START} <= events.keys()
    assert Event.RESTART in events


@pytest.mark.parametrize("state", State)
def test_a_deadline_brings_an_event_that_its_state_takes(state):
    if state in DEADLINE:
        assert DEADLINE[state] in TABLE[state]
    else:
        assert state in {State.ONLINE, State.STOPPED, State.ERRORED}


@given(st.lists(st.sampled_from(Event), max_size=40))
def test_no_sequence_of_events_ever_has_two_processes(events):
    """A process is spawned only where none is left: after an exit, or from a state without one."""
    state, alive = State.STOPPED, False
    for event in events:
        if event not in TABLE[state]:
            continue
        if event in {Event.EXITED, Event.CRASHED, Event.GIVEN_UP, Event.FINISHED}:
            alive = False
        transition = step(state, event)
        for effect in transition.effects:
            if effect is Effect.SPAWN:
                assert not alive
                alive = True
        state = transition.state
        assert alive == state.runs


@pytest.mark.parametrize("state", State)
def test_everything_that_ends_is_shown_as_stopping_and_still_has_a_process(state):
    """Row 7: whatever is to follow."""
    ending = state in {State.STOPPING, State.RESTARTING, State.FAILING, State.LEAVING}

    assert state.shown == ("stopping" if ending else state.value)
    assert state.runs is (ending or state in {State.STARTING, State.ONLINE})


def table_of_the_code():
    """The table as the document shows it."""
    rows = ["| In state | comes | then it is | and this is done |", "| --- | --- | --- | --- |"]
    for state, events in TABLE.items():
        for event, transition in events.items():
            done = ", ".join(effect.value for effect in transition.effects) or "-"
            rows.append(f"| {state.value} | {event.value} | {transition.state.value} | {done} |")
    return "\n".join(rows)


def diagram_of_the_code():
    """The transitions that change the state, as a Mermaid diagram."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for state, events in TABLE.items():
        targets = {}
        for event, transition in events.items():
            if transition.state is not state:
                targets.setdefault(transition.state, []).append(event.value)
        for target, words in targets.items():
            lines.append(f"    {name(state)} --> {name(target)}: {', '.join(words)}")
    return "\n".join([*lines, "```"])


def name(state):
    return state.value.replace("-", "_")


@pytest.mark.parametrize(("part", "drawn"), [("table", table_of_the_code), ("diagram", diagram_of_the_code)])
def test_the_document_shows_the_table_of_the_code(part, drawn):
    """docs/lifecycle.md is drawn from the code; `python tests/cluster/test_lifecycle.py` draws it anew."""
    shown = re.search(rf"<!-- {part} -->\n(.*?)\n<!-- /{part} -->", DOCUMENT.read_text(), re.DOTALL)

    assert shown is not None
    assert shown[1] == drawn()


def draw():
    """Write the table and the diagram of the code into the document."""
    text = DOCUMENT.read_text()
    for part, drawn in (("table", table_of_the_code()), ("diagram", diagram_of_the_code())):
        pattern = re.compile(rf"(<!-- {part} -->\n).*?(<!-- /{part} -->)", re.DOTALL)
        text = pattern.sub(lambda match, drawn=drawn: f"{match[1]}{drawn}\n{match[2]}", text)
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    draw()
