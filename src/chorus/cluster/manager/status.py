"""What `chorus status` is told."""

import os
from typing import Literal

from chorus import __version__
from chorus.cluster.lifecycle import State
from chorus.cluster.manager import ending
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.instance import Instance
from chorus.cluster.manager.manager import Manager
from chorus.cluster.messages import (
    ApplicationStatus,
    ClusterStatus,
    Description,
    InstanceState,
    InstanceStatus,
    LogFile,
    Role,
)


def cluster_status(manager: Manager) -> ClusterStatus:
    """Everything there is, as it is now."""
    return ClusterStatus(
        keeper_pid=manager.keeper_pid,
        manager_pid=os.getpid(),
        home=manager.site.home,
        version=__version__,
        applications=[_application(application) for application in manager.applications.values()],
        alerts=manager.alerting.raised(),
    )


def log_files(application: Application) -> list[LogFile]:
    """Where an application's output goes."""
    spec = application.spec
    streams: list[tuple[Literal["out", "error", "combined"], str | None]] = [
        ("out", spec.out_file),
        ("error", spec.error_file),
        ("combined", spec.combined_file),
    ]
    files = [
        LogFile(spec.name, stream, spec.log_path(path, number))
        for number in list(application.instances) or [0]
        for stream, path in streams
        if path is not None
    ]
    return list(dict.fromkeys(files))


def describe(application: Application) -> Description:
    """An application as it could be made again. What a reload has stopped to replace it runs as much as before."""
    coming = application.roll.waiting if application.roll is not None else ()
    roles = [
        Role(
            number,
            instance.state.runs or instance.state is State.BACKING_OFF or number in coming,
            instance.record.finished,
        )
        for number, instance in application.instances.items()
    ]
    return Description(application.spec, roles)


def _application(application: Application) -> ApplicationStatus:
    spec, address = application.spec, application.listener.address
    resumed = application.resumed
    ended = resumed.at if resumed is not None else None
    return ApplicationStatus(
        name=spec.name,
        namespace=spec.namespace,
        environment=spec.environment,
        kind=spec.kind,
        address=_show(*address) if address else None,
        wanted=sum(instance.record.wanted for instance in application.instances.values()),
        instances=[_instance(application, instance) for instance in application.instances.values()],
        reason=application.reason,
        log_trouble=application.log_trouble,
        resumed=application.occupied if application.resuming else resumed.text if resumed is not None else None,
        resumed_age=max(0.0, application.site.now() - ended) if ended is not None else None,
        resumed_failed=resumed is not None and resumed.failed,
    )


def _instance(application: Application, instance: Instance) -> InstanceStatus:
    record, sample = instance.record, instance.process.sample
    started = instance.process.started_at
    return InstanceStatus(
        id=record.id,
        number=record.number,
        key=record.key,
        state=_STATES[instance.state.shown],
        pid=instance.process.pid,
        generation=record.generation,
        restarts=record.restarts,
        uptime=application.site.now() - started if started is not None else None,
        memory=sample.memory if sample else None,
        cpu=sample.cpu if sample else None,
        pss=sample.pss if sample else None,
        descriptors=sample.descriptors if sample else None,
        connections=instance.process.connections,
        lag=instance.process.lag,
        status=instance.process.complaint or instance.process.said.status,
        reason=record.reason,
        last_failure=record.last_failure,
        last_failure_age=(
            max(0.0, application.site.now() - record.last_failure_at) if record.last_failure_at is not None else None
        ),
        exit_code=record.exit_code,
        exit_signal=_signal(record.exit_code),
    )


def _signal(exit_code: int | None) -> str | None:
    return ending.signal_name(-exit_code) if exit_code is not None and exit_code < 0 else None


_STATES: dict[str, InstanceState] = {
    "starting": "starting",
    "online": "online",
    "stopping": "stopping",
    "stopped": "stopped",
    "backing-off": "backing-off",
    "errored": "errored",
}


def _show(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
