"""The table of who may do what."""

import pytest

from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.errors import Forbidden
from chorus.chat.domain.policies import POLICY, SCOPE, Act, authorise, authorise_change, may
from chorus.chat.domain.scopes import Scope


def account(role):
    return Account(1, "ada", "Ada", role)


def test_every_act_has_a_line():
    assert set(POLICY) == set(Act)


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_whoever_runs_the_server_may_do_everything_but_put_words_into_other_peoples_mouths(role):
    assert {act for act in Act if not may(account(role), act)} == {Act.EDIT_ANY}


def test_a_member_may_do_everything_but_change_what_is_other_peoples():
    assert {act for act in Act if not may(account(Role.MEMBER), act)} == {
        Act.INVITE,
        Act.RUN_ACCOUNTS,
        Act.INTEGRATE,
        Act.SEE_AUDIT,
        Act.SET_RETENTION,
        Act.EXPORT,
        Act.RUN_ANY,
        Act.EDIT_ANY,
        Act.DELETE_ANY,
    }


@pytest.mark.parametrize(
    ("role", "sender", "allowed"),
    [(Role.MEMBER, 1, True), (Role.GUEST, 1, True), (Role.MEMBER, 2, False), (Role.ADMIN, 2, True)],
)
def test_a_message_is_deleted_by_its_sender_or_by_an_admin(role, sender, allowed):
    """Row 9: deletes."""

    def authorised():
        authorise_change(account(role), maker=sender, own=Act.DELETE_OWN, anybodys=Act.DELETE_ANY)
        return True

    if allowed:
        assert authorised()
    else:
        with pytest.raises(Forbidden, match="may not delete other people's messages"):
            authorised()


def test_a_guest_neither_browses_nor_joins_nor_creates_nor_sees_strangers():
    assert {act for act in Act if not may(account(Role.GUEST), act)} == {
        Act.SEE_STRANGERS,
        Act.EXPORT,
        Act.INVITE,
        Act.RUN_ACCOUNTS,
        Act.INTEGRATE,
        Act.SEE_AUDIT,
        Act.SET_RETENTION,
        Act.EXPORT,
        Act.SEE_CHANNELS,
        Act.JOIN_CHANNEL,
        Act.CREATE_CHANNEL,
        Act.ADD_MEMBERS,
        Act.PIN,
        Act.SET_TOPIC,
        Act.RUN_OWN,
        Act.RUN_ANY,
        Act.CONVERSE,
        Act.EDIT_ANY,
        Act.DELETE_ANY,
    }


def test_a_refusal_names_role_and_act():
    authorise(account(Role.MEMBER), Act.CREATE_CHANNEL)
    with pytest.raises(Forbidden, match="bot accounts may not create channels"):
        authorise(account(Role.BOT), Act.CREATE_CHANNEL)


def test_whatever_a_bot_may_some_scope_opens_and_every_scope_opens_something():
    """Row 5: bot tokens are scoped."""
    assert {act for act in Act if may(account(Role.BOT), act)} == set(SCOPE)
    assert set(SCOPE.values()) == set(Scope)


def test_a_token_opens_what_its_scopes_say_and_never_more_than_the_role():
    """Row 5."""
    every = Account(1, "helper", "Helper", Role.BOT, scopes=tuple(Scope))
    none = Account(1, "helper", "Helper", Role.BOT, scopes=())

    assert {act for act in Act if may(every, act)} == {act for act in Act if may(account(Role.BOT), act)}
    assert {act for act in Act if may(none, act)} == set()
