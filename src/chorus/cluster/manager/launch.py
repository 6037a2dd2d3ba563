"""From a specification to the command that starts one process of it."""

import grp
import os.path
import pwd
import sys

from chorus.cluster.keeper import wire
from chorus.cluster.manager.records import ChildNotes, InstanceRecord, write
from chorus.cluster.manager.site import Site
from chorus.cluster.spec import ApplicationSpec
from chorus.cluster.worker.trial import ALIVE, WELL

WORKER_MODULE = "chorus.cluster.worker"


class CannotLaunch(ValueError):
    """The specification names something this machine does not have."""


def command(site: Site, spec: ApplicationSpec, record: InstanceRecord, slot: int, *, trial: bool) -> wire.SpawnChild:
    """What the keeper is to start for this instance; on `trial`, somebody waits for it to be well.

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
        env={**environment(site, spec, record, slot), **_acceptance(spec, trial=trial)},
        listeners=[spec.name] if spec.port is not None else [],
        page=spec.name if spec.app is not None else None,
        logs=_logs(spec, record.number),
        uid=_user(spec.uid),
        gid=_group(spec.gid),
        notes=write(notes),
        treekill=spec.treekill,
    )


def ids(spec: ApplicationSpec) -> tuple[int | None, int | None]:
    """The user and the group of its processes; None: ours.

    Raises:
        CannotLaunch: no such user or group.
    """
    return _user(spec.uid), _group(spec.gid)


def _program(spec: ApplicationSpec) -> list[str]:
    if spec.app is not None:
        interpreter = [spec.interpreter or sys.executable, *spec.interpreter_args]
        # -P: no module in the working directory is taken for a library's; the worker adds the folder behind them.
        return [*interpreter, "-P", "-m", WORKER_MODULE, spec.app, *spec.args]
    if spec.script is not None:
        return [*_interpreter(spec), spec.resolve(spec.script), *spec.args]
    return [*spec.command, *spec.args]


def _interpreter(spec: ApplicationSpec) -> list[str]:
    """What runs the script; nothing for one that runs itself."""
    if spec.interpreter is not None:
        return [spec.interpreter, *spec.interpreter_args]
    by_suffix = {".py": sys.executable, ".js": "node", ".mjs": "node", ".cjs": "node", ".sh": "sh"}
    known = by_suffix.get(os.path.splitext(spec.script or "")[1])
    return [known, *spec.interpreter_args] if known else []


def environment(site: Site, spec: ApplicationSpec, record: InstanceRecord, slot: int) -> dict[str, str]:
    """All variables of an instance's process, but those that the keeper adds."""
    return {
        **site.environment,
        "PYTHONUNBUFFERED": "1",
        **spec.variables_of(record.number),
        "CHORUS_HOME": site.home,
        "CHORUS_APP": spec.name,
        "CHORUS_KEY": record.key,
        "CHORUS_LOAD_SLOT": str(slot),
        "CHORUS_KILL_TIMEOUT": f"{spec.kill_timeout:g}",
        **({"WATCHDOG_USEC": f"{spec.watchdog * 1e6:.0f}"} if spec.watchdog else {}),
    }


def _acceptance(spec: ApplicationSpec, *, trial: bool) -> dict[str, str]:
    """What a worker is to have answered before it accepts, where its private socket is asked."""
    health = spec.health
    if spec.app is None or health is None or health.command or health.url is not None or health.connect is not None:
        return {}
    return {"CHORUS_HEALTH_PATH": health.path, "CHORUS_ACCEPTS_WHEN": WELL if trial else ALIVE}


def _logs(spec: ApplicationSpec, number: int) -> wire.Logs:
    paths = (spec.out_file, spec.error_file, spec.combined_file)
    out, error, combined = (None if path is None else spec.log_path(path, number) for path in paths)
    return wire.Logs(out=out, err=error, combined=combined, timestamps=spec.timestamps, json=spec.log_type == "json")


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
