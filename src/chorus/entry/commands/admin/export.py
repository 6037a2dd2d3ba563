"""Everything that the server, or one person, has, in one archive."""

import os
import secrets

from chorus import __version__
from chorus.chat.domain.audit import AuditAct
from chorus.chat.export.archive import Archive
from chorus.chat.export.exporting import About, Writing, export_account, export_server, unwatched
from chorus.cluster.cli.failure import CommandFailed, usage
from chorus.entry.commands.admin.desk import Desk
from chorus.entry.commands.chat_database import open_files


async def export(desk: Desk, path: str) -> None:
    """Write the archive beside its place first, and put it there when it is complete."""
    arguments = desk.context.arguments
    whose, direct = arguments.text("account"), arguments.given("direct")
    if whose and direct:
        raise usage("admin export: a person's own direct messages are in their export; --direct is for the server's")
    if os.path.exists(path):
        raise CommandFailed(f"{path} is there already; name another file")
    account = await desk.account(whose) if whose else None
    about = About(desk.settings.name, __version__, desk.now())
    blobs, progress = open_files(desk.settings), desk.context.terminal.progress if desk.moving else unwatched
    half = f"{path}.{secrets.token_hex(4)}.part"
    try:
        opened = os.open(half, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as place, Archive(place) as archive:
            writing = Writing(desk.store, blobs, archive, about, progress=progress)
            made = await (export_account(writing, account) if account else export_server(writing, direct=direct))
        details = {"scope": made.scope}
        await desk.store.record([desk.record(AuditAct.EXPORTED, account=account.id if account else 0, details=details)])
        os.replace(half, path)
    except (ConnectionError, TimeoutError) as error:
        raise CommandFailed(f"the export was cut off: {str(error) or repr(error)}") from error
    except OSError as error:
        place = path if error.filename in (None, half) else error.filename
        raise CommandFailed(f"{place}: {error.strerror or error}") from error
    finally:
        if os.path.exists(half):
            os.unlink(half)
    messages = sum(count for name, count in made.counts.items() if name.startswith("log/"))
    text = f"{path}: {made.scope}, {messages} entries, {made.counts['files.jsonl']} files"
    desk.answer(text, {"path": path, "manifest": made})
