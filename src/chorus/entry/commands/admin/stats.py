"""How much there is of everything."""

from chorus.entry.commands.admin.desk import Desk


async def stats(desk: Desk) -> None:
    """Show how much there is of everything."""
    found = await desk.store.stats(at=desk.now())
    people = sum(found.accounts.values())
    roles = ", ".join(f"{count} {role}" for role, count in sorted(found.accounts.items()))
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.channels.items()))
    lines = [
        f"accounts   {people} ({roles}), {found.deactivated} deactivated",
        f"sessions   {found.sessions}",
        f"channels   {sum(found.channels.values())} ({kinds})",
        f"messages   {found.messages}, {found.entries - found.messages} changes of them",
        f"files      {found.files}, {_size(found.file_bytes)}",
        f"database   {_size(found.database_bytes)}",
    ]
    desk.answer("\n".join(lines), found)


def _size(count: int) -> str:
    size, units = float(count), ["bytes", "kB", "MB", "GB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.0f} {units[0]}" if units[0] == "bytes" else f"{size:.1f} {units[0]}"
