"""Making accounts."""

import pytest
from argon2 import PasswordHasher

from chorus.chat.actions import accounts, invites, server, sessions
from chorus.chat.actions.server import ServerDescription
from chorus.chat.domain.accounts import Account, Role
from chorus.chat.domain.errors import Conflict, Forbidden, Invalid, TooLarge


async def test_the_first_account_owns_the_server_and_is_signed_in(chat):
    signed_in = await accounts.sign_up(chat, handle=" @Ada", name=" Ada L ", password="correct horse")
    session = await sessions.authenticate(chat, access_token=signed_in.access_token)

    assert signed_in.account == Account(1, "Ada", "Ada L", Role.OWNER)
    assert session == signed_in.session


async def test_the_first_account_is_announced_with_general(chat, announced):
    signed_in = await accounts.sign_up(chat, handle="ada", name="Ada", password="correct horse")
    (_, channel), account, membership = announced.said

    assert (channel.name, channel.members, channel.member) == ("general", 1, False)
    assert account == ("account", signed_in.account)
    assert membership == ("membership", 1, 1, True)


async def test_a_later_account_is_a_member_and_announced_with_the_channels_that_it_is_in(chat, ada, announced):
    signed_in = await accounts.sign_up(chat, handle="bob", name="Bob", password="correct horse")

    assert signed_in.account.role is Role.MEMBER
    assert announced.said == [("account", signed_in.account), ("membership", 2, 1, True)]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"handle": "a b"}, Invalid),
        ({"name": ""}, Invalid),
        ({"name": "x" * 65}, TooLarge),
        ({"password": "short"}, Invalid),
        ({"password": "x" * 2000}, TooLarge),
    ],
)
async def test_what_breaks_a_rule_makes_no_account(chat, announced, wrong, error):
    with pytest.raises(error):
        await accounts.sign_up(chat, **{"handle": "ada", "name": "Ada", "password": "correct horse", **wrong})

    assert announced.said == []
    assert not (await server.describe(chat)).accounts


async def test_a_taken_handle_is_a_conflict(chat, ada):
    with pytest.raises(Conflict):
        await accounts.sign_up(chat, handle="ADA", name="Eve", password="correct horse")


async def test_when_sign_up_is_closed_only_the_first_account_is_made(make_chat):
    chat = make_chat(sign_up="closed")
    owner = await accounts.sign_up(chat, handle="ada", name="Ada", password="correct horse")

    assert owner.account.role is Role.OWNER
    with pytest.raises(Forbidden, match="closed"):
        await accounts.sign_up(chat, handle="eve", name="Eve", password="correct horse")


class Untouched(PasswordHasher):
    def hash(self, password, **rest):
        raise AssertionError("it was hashed for nobody")


@pytest.mark.parametrize("invite", [None, "", "made.up"])
@pytest.mark.parametrize("mode", ["invite", "closed"])
async def test_whoever_may_not_sign_up_costs_no_hash(make_chat, ada, mode, invite):
    """Row 1: whoever has no link is refused at once, and keeps nobody's place."""
    chat = make_chat(hasher=Untouched(), sign_up=mode)

    with pytest.raises(Forbidden):
        await accounts.sign_up(chat, handle="eve", name="Eve", password="correct horse", invite=invite)


async def test_a_link_that_has_expired_costs_no_hash(make_chat, ada, clock):
    """Row 1: nor does one that was used up or revoked."""
    chat = make_chat(hasher=Untouched(), sign_up="invite")
    link = (await invites.create(chat, by=ada, expires_in=60)).token
    clock.now += 60

    with pytest.raises(Forbidden, match="expired"):
        await accounts.sign_up(chat, handle="eve", name="Eve", password="correct horse", invite=link)


async def test_a_surrogate_in_a_password_is_a_password_like_another(chat, sign_up):
    await sign_up("ada", password="half \ud83d pair")

    assert (await sessions.sign_in(chat, handle="ada", password="half \ud83d pair")).account.handle == "ada"


async def test_the_server_describes_itself_before_and_after_the_first_account(make_chat, sign_up):
    chat = make_chat(name="Tea", sign_up="closed")
    before = await server.describe(chat)
    await sign_up("ada")

    assert before == ServerDescription("Tea", accounts=False, sign_up="closed")
    assert (await server.describe(chat)).accounts


async def test_everybody_is_listed(chat, ada, bob):
    assert await accounts.list_accounts(chat, by=bob) == [ada, bob]
