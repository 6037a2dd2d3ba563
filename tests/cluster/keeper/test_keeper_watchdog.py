"""Signs of life: pure decisions."""

from chorus.cluster.keeper.watchdog import LOOKS, UNTIL_FIRST, Verdict, begin, look


def verdicts(watch, *signs: int, lateness: float = 0.0) -> list[Verdict]:
    found = []
    for count in signs:
        watch, verdict = look(watch, signs=count, lateness=lateness)
        found.append(verdict)
    return found


def living():
    return look(begin(25.0), signs=1, lateness=0.0)[0]


def test_one_that_gives_signs_is_left_alone():
    assert set(verdicts(living(), 0, 0, 0, 0, 1, 0, 0, 0, 0, 3)) == {Verdict.WAIT}


def test_silence_for_the_time_allowed_is_asked_where_it_hangs_and_then_ended():
    found = verdicts(living(), *[0] * (LOOKS + 2))

    assert found == [*[Verdict.WAIT] * (LOOKS - 1), Verdict.ABORT, Verdict.KILL, Verdict.KILL]


def test_the_first_sign_may_take_longer():
    found = verdicts(begin(25.0), *[0] * (UNTIL_FIRST + 1))

    assert found == [*[Verdict.WAIT] * (UNTIL_FIRST - 1), Verdict.ABORT, Verdict.KILL]


def test_a_look_that_came_late_itself_begins_the_count_anew():
    """The machine was suspended for a night: the silence was everybody's."""
    watch = living()
    for _ in range(LOOKS - 1):
        watch, _ = look(watch, signs=0, lateness=0.0)

    watch, verdict = look(watch, signs=0, lateness=30_000.0)

    assert (verdict, watch.silence) == (Verdict.WAIT, 0.0)
    assert verdicts(watch, *[0] * LOOKS)[-1] is Verdict.ABORT
