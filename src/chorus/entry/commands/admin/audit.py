"""The audit log: who did what."""

from chorus.chat.domain.audit import AuditFilter, AuditLine
from chorus.cluster.cli.failure import usage
from chorus.cluster.cli.table import Cell, Column, render
from chorus.entry.commands.admin.desk import Desk

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


async def audit(desk: Desk) -> None:
    """Show the newest lines of the audit log."""
    arguments = desk.context.arguments
    whom = arguments.text("account")
    asked = AuditFilter(
        act=arguments.text("act") or None,
        account=(await desk.account(whom)).id if whom else None,
        since=_since(arguments.text("since"), desk.now()),
    )
    limit = arguments.number("lines", 50, least=1, most=100_000)
    lines = await desk.store.audit(asked, before=None, limit=limit)
    handles = {each.id: f"@{each.handle}" for each in await desk.store.accounts()}
    handles[0] = ""
    columns = [Column("when"), Column("who"), Column("act"), Column("whom"), Column("what"), Column("from")]
    rows = [_row(line, handles) for line in reversed(lines)]
    desk.answer("\n".join(render(columns, rows, desk.context.terminal.paint)), {"lines": lines})


def _row(line: AuditLine, handles: dict[int, str]) -> list[Cell]:
    who = handles.get(line.actor, f"#{line.actor}") if line.actor else "command line"
    what = ", ".join(f"{name} {value}" for name, value in line.details.items())
    channel = f"channel {line.channel}" if line.channel else ""
    whom = handles.get(line.account, f"#{line.account}")
    texts = (line.at[:19].replace("T", " "), who, line.act, whom, " ".join(filter(None, (channel, what))), line.address)
    return [Cell(text) for text in texts]


def _since(age: str, now: int) -> int | None:
    if not age:
        return None
    number, unit = age[:-1], age[-1]
    if not number.isdecimal() or unit not in _UNITS or len(number) > 6:
        raise usage(f'admin audit: --since: found "{age}", expected an age such as 90m, 12h, 7d or 4w')
    return now - int(number) * _UNITS[unit] * 1000
