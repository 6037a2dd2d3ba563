"""Links that let somebody sign up."""

import socket

from chorus.chat.actions import tokens
from chorus.chat.domain.accounts import Role
from chorus.chat.domain.audit import AuditAct
from chorus.chat.domain.invites import LONGEST_INVITE, MOST_SIGN_UPS, Invite
from chorus.cluster.cli.failure import CommandFailed, usage
from chorus.entry.commands.admin.desk import Desk
from chorus.entry.settings import Web
from chorus.entry.signing_key import signing_key

_DAY = 24 * 60 * 60

_EVERY_ADDRESS = ("0.0.0.0", "::")
"""What HOST says of a server that is reached at all addresses of its machine; none opens in a browser."""


async def invite(desk: Desk) -> None:
    """Make a link, in the name of the first owner."""
    arguments = desk.context.arguments
    wanted = arguments.text("role", Role.MEMBER.value)
    if wanted not in (Role.ADMIN, Role.MEMBER, Role.GUEST):
        raise usage(f'admin invite: --role: found "{wanted}", expected admin, member or guest')
    days = arguments.number("days", 7, least=1, most=LONGEST_INVITE // _DAY)
    most = arguments.number("most", 1, least=1, most=MOST_SIGN_UPS)
    owners = [each for each in await desk.store.accounts() if each.role is Role.OWNER and not each.deactivated]
    if not owners:
        hint = "The first who signs up does, or: chorus admin create-owner"
        raise CommandFailed("nobody owns the server yet", [hint])

    now = desk.now()
    made = Invite(tokens.new_session_id(), owners[0].id, Role(wanted), (), now, now + days * _DAY * 1000, most, 0)
    details = {"invite": made.id, "role": wanted, "most": most, "expires_in": days * _DAY}
    await desk.store.create_invite(made, audit=[desk.record(AuditAct.INVITE_CREATED, details=details)])

    settings = desk.settings
    token = tokens.invite_token(made.id, key=settings.accounts.jwt_secret or signing_key(settings.home))
    url = f"{_address(settings.web)}/#/invite/{token}"
    desk.answer(url, {"url": url, "invite": made})


def _address(web: Web) -> str:
    """Where somebody else's browser finds the server."""
    if web.origins:
        return web.origins[0]
    host = socket.gethostname() if web.host in _EVERY_ADDRESS else web.host
    return f"http://{f'[{host}]' if ':' in host else host}:{web.port}"
