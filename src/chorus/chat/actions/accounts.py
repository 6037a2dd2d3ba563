"""Making accounts, looking at them, and changing what they are."""

from collections.abc import Collection, Sequence

from chorus.chat.actions import tokens
from chorus.chat.actions.audit import recorded
from chorus.chat.actions.chat import Chat
from chorus.chat.actions.limits import sign_in_attempt
from chorus.chat.actions.sessions import open_session
from chorus.chat.domain.accounts import Account, Role, check_handle, check_name, check_password
from chorus.chat.domain.audit import AuditAct, Record
from chorus.chat.domain.errors import Forbidden
from chorus.chat.domain.policies import Act, authorise, authorise_account, may
from chorus.chat.domain.sessions import Origin, Session, SignedIn

_NOWHERE = Origin()


async def sign_up(
    chat: Chat, *, handle: str, name: str, password: str, invite: str | None = None, origin: Origin = _NOWHERE
) -> SignedIn:
    """Make an account and sign it in. The first one owns the server, and "general" is made with it.

    `invite` is the token of an invite's link.

    Raises:
        Invalid, TooLarge: handle, name or password break a rule.
        Conflict: the handle is taken.
        Forbidden: somebody owns the server already, and sign-up is closed, or it needs an invite that stands.
        Unavailable: too many sign in or up, or the database is away; try again.
    """
    handle, name, password = check_handle(handle), check_name(name), check_password(password)
    with chat.passwords.place():
        invite_id = await _invite(chat, invite)
        made = await chat.store.create_account(
            handle=handle,
            name=name,
            password_hash=await chat.passwords.hash(password),
            at=chat.now(),
            role=Role.MEMBER if chat.settings.sign_up == "open" else None,
            invite=invite_id,
        )

    if made.first:
        for channel in made.joined:
            chat.announcer.announce_channel(channel.seen_from_outside())
    chat.announcer.announce_account(made.account)
    for channel in made.joined:  # guests see who shares a channel with them, and nobody else is told of it otherwise
        chat.announcer.announce_membership(made.account.id, channel.id, member=True)
    return await open_session(chat, made.account, origin)


async def list_accounts(chat: Chat, *, by: Account) -> Sequence[Account]:
    """Everybody whom this account may see, in the order of their ids: all, or those who share a channel with a guest.

    Raises:
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.SEE_ACCOUNTS)
    return await chat.store.accounts(seen_by=narrowed(by))


async def find(chat: Chat, *, ids: Collection[int]) -> Sequence[Account]:
    """Those of these accounts that there are; for whoever knows already who may see them.

    Raises:
        DatabaseUnavailable.
    """
    return await chat.store.accounts_with(ids)


def narrowed(by: Account) -> int | None:
    """Whose acquaintances alone the account may see: its own; None for one that may see everybody."""
    return None if may(by, Act.SEE_STRANGERS) else by.id


async def change(
    chat: Chat,
    *,
    by: Account,
    account: int,
    role: Role | None = None,
    deactivated: bool | None = None,
    origin: Origin = _NOWHERE,
) -> Account:
    """Give an account another role, deactivate it, or have it in use again; what is None stays.

    Deactivating ends its sessions and its live connections on every instance. What it said stays.

    Raises:
        NotFound: there is no such account.
        Forbidden: this role may not do that to the other, or it is one's own account.
        Conflict: nobody else would own the server.
        DatabaseUnavailable.
    """
    authorise(by, Act.RUN_ACCOUNTS)
    other = await chat.store.account(account)
    authorise_account(by, other=other, role=role)
    deactivated_at = None if deactivated is None else chat.now() if deactivated else 0
    records: list[Record] = []
    if role not in (None, other.role):
        terms = {"from": other.role.value, "to": role.value}
        records.append(recorded(chat, AuditAct.ROLE_CHANGED, by=by, origin=origin, account=account, details=terms))
    if deactivated not in (None, other.deactivated):
        act = AuditAct.DEACTIVATED if deactivated else AuditAct.REACTIVATED
        records.append(recorded(chat, act, by=by, origin=origin, account=account))

    changed = await chat.store.change_account(account, role=role, deactivated_at=deactivated_at, audit=records)

    chat.announcer.announce_account_change(changed)
    return changed


async def rename(chat: Chat, *, by: Account, name: str) -> Account:
    """Give oneself another name.

    Raises:
        Invalid, TooLarge: it breaks a rule.
        Forbidden, DatabaseUnavailable.
    """
    authorise(by, Act.RENAME_SELF)

    changed = await chat.store.change_account(by.id, name=check_name(name))

    chat.announcer.announce_account_change(changed)
    return changed


async def change_password(chat: Chat, *, session: Session, old: str, new: str, origin: Origin = _NOWHERE) -> None:
    """Have another password, and end one's other sessions: whoever knew the old one is out.

    A wrong old one counts as a sign-in that failed: whoever finds an open device guesses no faster there.

    Raises:
        Forbidden: the old one is not right, or it is a bot's account, which has none.
        Invalid, TooLarge: the new one breaks a rule.
        TooMany: too many have failed for this account, or from this address.
        Unavailable: too many hashes wait, or the database is away; try again.
    """
    authorise(session.account, Act.OWN_DEVICES)
    new = check_password(new, field="new")
    with chat.passwords.place():
        async with sign_in_attempt(chat, handle=session.account.handle, address=origin.address):
            ended = await _change_password(chat, session, old, new)

    for other in ended:
        chat.announcer.end_session(other)


async def _change_password(chat: Chat, session: Session, old: str, new: str) -> Sequence[str]:
    """Have the new password where the old one is right; gives the sessions that this ends."""
    account = session.account
    known = await chat.store.credentials(account.handle)
    if known is None or not await chat.passwords.verify(known.password_hash, old):
        raise Forbidden("old: this is not your password")
    changed = await chat.passwords.hash(new)
    before = known.password_hash
    ended = await chat.store.change_password(account.id, changed, before=before, session_id=session.id)
    if ended is None:  # it is another hash by now: of the same password, renewed by a sign-in, or of another one
        return await _change_password(chat, session, old, new)
    return ended


async def _invite(chat: Chat, token: str | None) -> str | None:
    """The id of the invite, where one is needed; before anything is hashed for somebody who may not sign up."""
    if chat.settings.sign_up == "open" or not await chat.store.has_accounts():
        return None
    if chat.settings.sign_up == "closed":
        raise Forbidden("Sign-up is closed on this server")
    if not token:
        raise Forbidden("To sign up on this server you need an invite link")
    invite_id = tokens.read_invite_token(token, key=chat.settings.secret)
    found = await chat.store.invite(invite_id) if invite_id else None
    if found is None or not found.stands(chat.now()):
        raise Forbidden("This invite link has expired, was used up or revoked; ask for another one")
    return found.id
