"""What children say about themselves: parsed, bounded, remembered."""

from chorus.cluster.keeper.notify import LONGEST_VALUE, MOST_NAMES, changed, parse


def test_assignments_are_taken_and_other_lines_left_out():
    assert parse(b"READY=1\nSTATUS=serving a=b\n\nnonsense\nlower=1\n=x") == {"READY": "1", "STATUS": "serving a=b"}


def test_bytes_that_are_no_text_and_long_values_are_bounded():
    assert parse(b"STATUS=\xff" + b"x" * 4000)["STATUS"] == "\ufffd" + "x" * (LONGEST_VALUE - 1)


def test_the_last_value_of_a_name_is_remembered():
    assert changed({"STATUS": "old", "READY": "1"}, {"STATUS": "new"}, 1.0) == {"STATUS": "new", "READY": "1"}


def test_a_sign_of_life_is_remembered_by_its_time():
    assert changed({}, {"WATCHDOG": "1"}, 12.5) == {"WATCHDOG": "12.500"}


def test_a_wish_for_more_time_is_remembered_by_when_it_is_over_and_nonsense_is_none():
    asked = changed({}, {"EXTEND_TIMEOUT_USEC": "2500000"}, 10.0)

    assert asked == {"EXTEND_TIMEOUT_USEC": "12.500"}
    assert changed(asked, {"EXTEND_TIMEOUT_USEC": "soon"}, 11.0) == asked
    assert changed({}, {"EXTEND_TIMEOUT_USEC": "9" * 400}, 11.0) == {"EXTEND_TIMEOUT_USEC": "0"}


def test_a_child_cannot_fill_the_memory_with_names():
    state = {f"X{n}": "1" for n in range(MOST_NAMES)}

    assert changed(state, {"ONE_MORE": "1"}, 0.0) == state


def test_a_trigger_stays_a_word_and_is_no_sign_of_life():
    assert changed({"WATCHDOG": "12.500"}, {"WATCHDOG": "trigger"}, 13.0) == {"WATCHDOG": "trigger"}


def test_ready_ends_a_reload():
    assert changed({"READY": "1", "RELOADING": "1"}, {"READY": "1"}, 0.0) == {"READY": "1"}
