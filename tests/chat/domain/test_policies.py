"""The table of who may do what."""

import pytest

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.errors import Forbidden
from chorus.chat.domain.policies import POLICY, Act, authorise, may


def account(role):
    return Account(1, "ada", "Ada", role)


def test_every_act_has_a_line():
    assert set(POLICY) == set(Act)


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.MEMBER])
def test_people_of_the_team_may_do_everything_of_today(role):
    assert all(may(account(role), act) for act in Act)


def test_a_guest_neither_browses_nor_joins_nor_creates():
    assert {act for act in Act if not may(account(Role.GUEST), act)} == {
        Act.SEE_CHANNELS,
        Act.JOIN_CHANNEL,
        Act.CREATE_CHANNEL,
    }


def test_a_refusal_names_role_and_act():
    authorise(account(Role.MEMBER), Act.CREATE_CHANNEL)
    with pytest.raises(Forbidden, match="bot accounts may not create channels"):
        authorise(account(Role.BOT), Act.CREATE_CHANNEL)
