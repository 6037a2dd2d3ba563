"""Making accounts and looking at them."""

from collections.abc import Sequence

from chorus.chat.actions.chat import Chat
from chorus.chat.actions.sessions import open_session
from chorus.chat.domain.accounts import Account, Role, check_handle, check_name, check_password
from chorus.chat.domain.policies import Act, authorise
from chorus.chat.domain.sessions import SignedIn


async def sign_up(chat: Chat, *, handle: str, name: str, password: str) -> SignedIn:
    """Make an account and sign it in. The first one owns the server, and "general" is made with it.

    Raises:
        Invalid, TooLarge: handle, name or password break a rule.
        Conflict: the handle is taken.
        Forbidden: sign-up is closed, and somebody owns the server already.
        Unavailable: too many sign in or up, or the database is away; try again.
    """
    handle, name, password = check_handle(handle), check_name(name), check_password(password)
    with chat.passwords.place():
        if chat.settings.sign_up == "closed":  # spares the hashing; the store decides when the first two arrive at once
            await chat.store.require_no_accounts()

        made = await chat.store.create_account(
            handle=handle,
            name=name,
            password_hash=await chat.passwords.hash(password),
            at=chat.now(),
            role=Role.MEMBER if chat.settings.sign_up == "open" else None,
        )

    if made.first:
        for channel in made.joined:
            chat.announcer.announce_channel(channel.seen_from_outside())
    chat.announcer.announce_account(made.account)
    return await open_session(chat, made.account)


async def list_accounts(chat: Chat, *, by: Account) -> Sequence[Account]:
    """Everybody on the server, in the order of their ids.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.SEE_ACCOUNTS)
    return await chat.store.accounts()
