"""From a specification to the command that starts one process of it."""

import grp
import os.path
import pwd
import sys

from chorus.cluster.keeper import wire
from chorus.cluster.manager.records import ChildNotes, InstanceRecord, write
from chorus.cluster.manager.site import Site
from chorus.cluster.spec import ApplicationSpec

WORKER_MODULE = "chorus.cluster.worker"


class CannotLaunch(ValueError):
    """The specification names something this machine does not have."""


def command(site: Site, spec: ApplicationSpec, record: InstanceRecord, slot: int) -> wire.SpawnChild:
    """What the keeper is to start for this instance.

    Raises:
        CannotLaunch: no such user or group.
    """
    notes = ChildNotes(
        application=record.application, number=record.number, id=record.id, generation=record.generation, slot=slot
    )
    return wire.SpawnChild(
        key=record.key,
        argv=_program(spec),
        cwd=spec.cwd,
        env=_environment(site, spec, record, slot),
        listeners=[spec.name] if spec.port is not None else [],
        page=spec.name if spec.app is not None else None,
        logs=_logs(spec),
        uid=_user(spec.uid),
        gid=_group(spec.gid),
        notes=write(notes),
    )


def _program(spec: ApplicationSpec) -> list[str]:
    if spec.app is not None:
        return [spec.interpreter or sys.executable, "-m", WORKER_MODULE, spec.app, *spec.args]
    if spec.script is not None:
        return [*_interpreter(spec), spec.resolve(spec.script), *spec.args]
    return [*spec.command, *spec.args]


def _interpreter(spec: ApplicationSpec) -> list[str]:
    """What runs the script; nothing for one that runs itself."""
    if spec.interpreter is not None:
        return [spec.interpreter]
    by_suffix = {".py": sys.executable, ".js": "node", ".mjs": "node", ".cjs": "node", ".sh": "sh"}
    known = by_suffix.get(os.path.splitext(spec.script or "")[1])
    return [known] if known else []


def _environment(site: Site, spec: ApplicationSpec, record: InstanceRecord, slot: int) -> dict[str, str]:
    number = str(record.number)
    port = {} if spec.port is None else {"PORT": str(spec.port)}
    return {
        **site.environment,
        "PYTHONUNBUFFERED": "1",
        **port,
        **spec.env,
        "CHORUS_HOME": site.home,
        "CHORUS_APP": spec.name,
        "CHORUS_KEY": record.key,
        "CHORUS_LOAD_SLOT": str(slot),
        "CHORUS_KILL_TIMEOUT": f"{spec.kill_timeout:g}",
        "CHORUS_INSTANCE_ID": number,
        "NODE_APP_INSTANCE": number,
        "PM2_INSTANCE_ID": number,
    }


def _logs(spec: ApplicationSpec) -> wire.Logs:
    out, error, combined = (
        None if path is None else spec.resolve(path) for path in (spec.out_file, spec.error_file, spec.combined_file)
    )
    return wire.Logs(out=out, err=error, combined=combined, timestamps=spec.timestamps)


def _user(user: str | int | None) -> int | None:
    if not isinstance(user, str):
        return user
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError as error:
        raise CannotLaunch(f'there is no user "{user}" here') from error


def _group(group: str | int | None) -> int | None:
    if not isinstance(group, str):
        return group
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise CannotLaunch(f'there is no group "{group}" here') from error
