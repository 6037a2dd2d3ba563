"""Owners, passwords, roles, and who may come in at all."""

import getpass
import secrets
import sys

from chorus.chat.actions.passwords import Passwords
from chorus.chat.domain.accounts import Role, check_handle, check_name, check_password
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.policies import Act, may
from chorus.chat.live.announcements import AccountWasChanged, SessionEnded
from chorus.cluster.cli.failure import CommandFailed, usage
from chorus.entry.commands.admin.desk import Desk
from chorus.entry.commands.admin.notices import tell
from chorus.entry.commands.confirmation import confirm

_LATER = "; live connections end within two minutes: the instances could not be told through Redis"


async def create_owner(desk: Desk, handle: str) -> None:
    """Make an account that owns the server, beside those that do already."""
    arguments = desk.context.arguments
    handle = check_handle(handle)
    name = check_name(arguments.text("name") or handle)
    password, shown = _password(desk)
    made = await desk.store.create_account(
        handle=handle,
        name=name,
        password_hash=await _hash(password),
        at=desk.now(),
        role=Role.OWNER,
        audit=lambda account: [desk.record(AuditAct.OWNER_CREATED, account=account.id)],
    )
    text = f"@{made.account.handle} owns the server{_told(password, shown)}"
    desk.answer(text, {"account": made.account, **({"password": password} if shown else {})})


async def reset_password(desk: Desk, handle: str) -> None:
    """Give somebody another password, and sign them out everywhere."""
    account = await desk.account(handle)
    if not may(account, Act.OWN_DEVICES):
        raise usage(f"admin reset-password: @{account.handle} is a bot and has tokens, no password")
    confirm(desk.context, f"Sign @{account.handle} out everywhere and set another password?")
    password, shown = _password(desk)
    record = desk.record(AuditAct.PASSWORD_RESET, account=account.id)
    ended = await desk.store.reset_password(account.id, await _hash(password), audit=[record])
    told = await tell(desk.settings, [SessionEnded(each) for each in ended])
    text = f"@{account.handle} has another password{_told(password, shown)}; {len(ended)} sessions ended"
    desk.answer(
        text + ("" if told or not ended else _LATER),
        {"account": account, "sessions_ended": len(ended), **({"password": password} if shown else {})},
    )


async def deactivate(desk: Desk, handle: str) -> None:
    """Have somebody come in no more; what they said stays."""
    account = await desk.account(handle)
    confirm(desk.context, f"Deactivate @{account.handle} ({account.name}) and end their sessions?")
    records = [] if account.deactivated else [desk.record(AuditAct.DEACTIVATED, account=account.id)]
    at = None if account.deactivated else desk.now()  # who is out already stays out since then
    changed = await desk.store.change_account(account.id, deactivated_at=at, audit=records)
    told = await tell(desk.settings, [AccountWasChanged(changed)])
    desk.answer(f"@{account.handle} is deactivated" + ("" if told else _LATER), {"account": changed})


async def reactivate(desk: Desk, handle: str) -> None:
    """Have a deactivated account in use again."""
    account = await desk.account(handle)
    records = [desk.record(AuditAct.REACTIVATED, account=account.id)] if account.deactivated else []
    changed = await desk.store.change_account(account.id, deactivated_at=0, audit=records)
    await tell(desk.settings, [AccountWasChanged(changed)])
    desk.answer(f"@{account.handle} may sign in", {"account": changed})


async def role(desk: Desk, handle: str, wanted: str) -> None:
    """Give an account another role."""
    given = [each.value for each in Role if each is not Role.BOT]
    if wanted not in given:
        raise usage(f'admin role: found "{wanted}", expected {", ".join(given)}')
    account = await desk.account(handle)
    if account.role is Role.BOT:
        raise usage(f"admin role: @{account.handle} is a bot and stays one")
    details = {"from": account.role.value, "to": wanted}
    records = [desk.record(AuditAct.ROLE_CHANGED, account=account.id, details=details)]
    changed = await desk.store.change_account(
        account.id, role=Role(wanted), audit=records if account.role != wanted else []
    )
    await tell(desk.settings, [AccountWasChanged(changed)])
    desk.answer(f"@{account.handle} is {wanted}", {"account": changed})


def _password(desk: Desk) -> tuple[str, bool]:
    """A password from the terminal or from the first line of the standard input; or one that is made up, and shown."""
    if not desk.context.arguments.given("password"):
        return secrets.token_urlsafe(12), True
    if sys.stdin.isatty():
        try:
            return check_password(getpass.getpass("Password: ", sys.stderr)), False
        except EOFError:
            raise CommandFailed("no password was given; nothing was changed") from None
    return check_password(sys.stdin.readline().rstrip("\n")), False


def _told(password: str, shown: bool) -> str:
    return f"; the password is {password}" if shown else ""


async def _hash(password: str) -> str:
    passwords = Passwords()
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()
