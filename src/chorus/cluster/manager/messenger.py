"""Tells somebody of an alert: by a webhook, by a command. What cannot be told now is tried again, for some minutes."""

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from chorus.cluster.alerts import Notice
from chorus.cluster.manager import errand
from chorus.cluster.manager.launch import CannotLaunch, ids
from chorus.cluster.manager.site import Site
from chorus.cluster.spec import ApplicationSpec

log = logging.getLogger(__name__)

WAITS = (1.0, 5.0, 15.0, 60.0, 180.0)
"""Seconds before each further try; then it is given up."""

_WEBHOOK_PATIENCE = 20.0
_COMMAND_PATIENCE = 30.0


def ways(spec: ApplicationSpec) -> list[str]:
    """By what somebody is to be told."""
    return [way for way in _WAYS if getattr(spec.alerts, way)]


async def tell(way: str, site: Site, spec: ApplicationSpec, notice: Notice) -> None:
    """Tell it by one of the ways; that is tried again until it works or is given up, which the log says."""
    for wait in (*WAITS, None):
        failure = await _WAYS[way](site, spec, notice)
        if not failure:
            break
        again = "given up" if wait is None else f"tried again in {wait:g} s"
        log.error("%s: the alert's %s failed, %s: %s", notice.id, way, again, failure)
        await asyncio.sleep(wait or 0.0)


async def _by_webhook(site: Site, spec: ApplicationSpec, notice: Notice) -> str:
    """Post it; why that failed, "" when it did not."""
    url = spec.alerts.webhook or ""
    if url.startswith("$"):
        url = spec.variables.get(url[1:], "")
        if not url.startswith(("http://", "https://")):
            return f"found no address in the variable {spec.alerts.webhook}, expected one that begins with http"
    body = {"text": f"[{socket.gethostname()}] {notice.change}: {notice.text}"}
    return await _run(
        [sys.executable, "-P", "-m", "chorus.cluster.webhook"],
        cwd="/",
        environment=site.environment,
        timeout=_WEBHOOK_PATIENCE,
        given=msgspec.json.encode({"url": url, "body": body}),
    )


async def _by_command(site: Site, spec: ApplicationSpec, notice: Notice) -> str:
    """Run the command; why that failed, "" when it did not."""
    try:
        user, group = ids(spec)
    except CannotLaunch as error:
        return str(error)
    told = {"CHORUS_ALERT": f"{notice.change}: {notice.text}", "CHORUS_HOME": site.home, "CHORUS_APP": spec.name}
    return await _run(
        spec.alerts.command,
        cwd=spec.cwd,
        environment={**site.environment, **spec.variables, **told},
        timeout=_COMMAND_PATIENCE,
        given=msgspec.json.encode(notice),
        user=user,
        group=group,
    )


async def _run(
    argv: Sequence[str],
    *,
    cwd: str,
    environment: Mapping[str, str],
    timeout: float,
    given: bytes,
    user: int | None = None,
    group: int | None = None,
) -> str:
    try:
        ended = await errand.run(
            argv, cwd=cwd, environment=environment, timeout=timeout, given=given, user=user, group=group
        )
    except OSError as error:
        return f"{argv[0]}: {error.strerror}"
    if ended.code == 0:
        return ""
    return ended.last_line or f"exited with {ended.code}"


_WAYS: dict[str, Callable[[Site, ApplicationSpec, Notice], Awaitable[str]]] = {
    "webhook": _by_webhook,
    "command": _by_command,
}
"""By its name, which is that of the setting."""
