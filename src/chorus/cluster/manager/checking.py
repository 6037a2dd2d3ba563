"""Asks one instance whether it is well, in the way its specification says.

answer = await check(site, spec, record, slot=3, pid=4711)
"""

from string import Template
from urllib.parse import urlsplit

from chorus.cluster.manager import errand, launch
from chorus.cluster.manager.probe import ProbeAnswer, probe, probe_connection
from chorus.cluster.manager.records import InstanceRecord
from chorus.cluster.manager.site import Site
from chorus.cluster.spec import ApplicationSpec, Health


async def check(
    site: Site, spec: ApplicationSpec, record: InstanceRecord, *, slot: int, pid: int | None
) -> ProbeAnswer:
    """One health check of an instance's process. Never raises for what the instance, or a check's program, does."""
    health = spec.health
    assert health is not None
    variables = launch.environment(site, spec, record, slot)
    if health.command:
        return await _by_command(spec, health, {**variables, **({"CHORUS_PID": str(pid)} if pid else {})})
    if health.url is not None:
        return await _by_url(Template(health.url).safe_substitute(variables), health.timeout)
    if health.connect is None:
        return await probe(site.private_socket(record.key), health.path, timeout=health.timeout)
    if isinstance(health.connect, int):
        return await probe_connection(health.connect, ask=health.ask, timeout=health.timeout)
    where = Template(health.connect).safe_substitute(variables)
    target = int(where) if where.isdecimal() and len(where) <= 5 else spec.resolve(where)
    return await probe_connection(target, ask=health.ask, timeout=health.timeout)


async def _by_url(url: str, timeout: float) -> ProbeAnswer:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError:  # what its variables made of it
        host, port, parts = None, 0, None
    if host is None or parts is None or not url.isascii():
        return ProbeAnswer(None, f"found the address {url}, expected one such as http://127.0.0.1:8000/health")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return await probe((host, port), path, timeout=timeout)


async def _by_command(spec: ApplicationSpec, health: Health, variables: dict[str, str]) -> ProbeAnswer:
    name = health.command[0]
    try:
        user, group = launch.ids(spec)
        ended = await errand.run(
            health.command, cwd=spec.cwd, environment=variables, timeout=health.timeout, user=user, group=group
        )
    except (launch.CannotLaunch, OSError) as error:
        return ProbeAnswer(None, f"{name}: {error}")
    if ended.code == 0:
        return ProbeAnswer(None, "", connected=True)
    how = "" if ended.code is None else f"exited with code {ended.code}"
    return ProbeAnswer(None, f"{name}: {': '.join(word for word in (how, ended.last_line) if word)}")
