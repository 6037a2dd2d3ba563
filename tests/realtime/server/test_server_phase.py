"""The table of a client's life."""

import pytest

from chorus.realtime.server.phase import NEXT, PRESENT, Phase


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_is_in_the_table_and_leads_to_gone_and_never_back(phase):
    seen, ahead = set(), {phase}
    while ahead:
        seen |= ahead
        ahead = {then for each in ahead for then in NEXT[each]}
        assert phase not in ahead

    assert Phase.GONE in seen


def test_who_is_not_present_never_is_again():
    assert all(not NEXT[phase] & PRESENT for phase in set(Phase) - PRESENT)
