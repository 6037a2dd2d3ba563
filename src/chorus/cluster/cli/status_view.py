"""`chorus status` as a person reads it, and as a program does."""

from collections.abc import Sequence

from chorus.cluster.cli.table import Cell, Column, render
from chorus.cluster.cli.terminal import Paint
from chorus.cluster.messages import ApplicationStatus, ClusterStatus, InstanceStatus

COLUMNS = (
    Column("ID", right=True, worth=1),
    Column("INSTANCE", least=12),
    Column("STATE"),
    Column("PID", right=True, worth=3),
    Column("UPTIME", right=True, worth=6),
    Column("RESTARTS", right=True, worth=7),
    Column("CPU", right=True, worth=4),
    Column("MEMORY", right=True, worth=5),
    Column("CONNECTIONS", right=True, worth=2),
    Column("NOTE", least=24),
)
"""On a narrow terminal what is wrong stays longest: which instance, its state, and why."""

_COLOURS = {"online": "green", "starting": "yellow", "stopping": "yellow", "backing-off": "yellow", "errored": "red"}
_WORDS = {"backing-off": "waiting restart"}
_UNITS = ((1024**3, "GB"), (1024**2, "MB"), (1024, "kB"))


def lines(status: ClusterStatus, paint: Paint, width: int | None = None) -> list[str]:
    """The table of all instances, no wider than that, and below it where the applications are reached."""
    if not status.applications:
        return ["The manager runs; there is no application. Start one with: chorus start"]
    below = [
        f"{paint(application.name, 'bold')}  {text}"
        for application in status.applications
        if (text := _about(application))
    ]
    below += [f"{paint('alert', 'red')}  {alert.text} ({duration(alert.age)} ago)" for alert in status.alerts]
    return [*instances(status.applications, paint, width), *([""] if below else []), *below]


def instances(applications: Sequence[ApplicationStatus], paint: Paint, width: int | None = None) -> list[str]:
    """The table of these applications' instances."""
    rows = [
        _row(application, instance)
        for application in applications
        for instance in sorted(application.instances, key=lambda instance: instance.number)
    ]
    return render(COLUMNS, rows, paint, width)


def as_wanted(status: ClusterStatus) -> bool:
    """Whether everything that should run is online."""
    return all(
        sum(instance.state == "online" for instance in application.instances) >= application.wanted
        and all(instance.state != "errored" for instance in application.instances)
        for application in status.applications
    )


def url(address: str) -> str:
    """Where a browser finds an address that something listens on."""
    host, _, port = address.rpartition(":")
    if host in ("0.0.0.0", "[::]", "::", ""):
        host = "localhost"
    return f"http://{host}:{port}"


def word(state: str) -> str:
    """A state as people call it."""
    return _WORDS.get(state, state)


def duration(seconds: float) -> str:
    """A length of time in its two largest units."""
    whole = int(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days}d {hours}h"
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m {whole % 60}s" if minutes else f"{whole}s"


def size(count: int) -> str:
    """A number of bytes in its largest unit, powers of 1024."""
    for unit, name in _UNITS:
        if count >= unit:
            value = count / unit
            return f"{value:.1f} {name}" if value < 10 else f"{value:.0f} {name}"
    return f"{count} B"


def _row(application: ApplicationStatus, instance: InstanceStatus) -> list[Cell]:
    running = instance.pid is not None
    return [
        Cell(str(instance.id), "dim"),
        Cell(f"{application.name}:{instance.number}"),
        Cell(word(instance.state), _COLOURS.get(instance.state, "")),
        Cell(str(instance.pid) if running else "-"),
        Cell(duration(instance.uptime) if running and instance.uptime is not None else "-"),
        Cell(str(instance.restarts)),
        Cell(f"{instance.cpu:.1f}%" if running and instance.cpu is not None else "-"),
        Cell(size(instance.memory) if running and instance.memory is not None else "-"),
        Cell(str(instance.connections) if instance.connections is not None else "-"),
        Cell(instance.reason or (instance.status if running else ""), "dim"),
    ]


def _about(application: ApplicationStatus) -> str:
    parts = [url(application.address)] if application.address and application.kind == "asgi" else []
    parts += [application.address] if application.address and application.kind != "asgi" else []
    parts += [application.reason.removeprefix(f"{application.name}: ")] if application.reason else []
    parts += [f"{application.log_trouble}; its output is lost"] if application.log_trouble else []
    parts += [resumed(application)] if application.resumed else []
    return "  ".join(parts)


def resumed(application: ApplicationStatus) -> str:
    """What became of a reload that was interrupted, and when."""
    said = (application.resumed or "").removeprefix(f"{application.name} ")
    return said if application.resumed_age is None else f"{said} ({duration(application.resumed_age)} ago)"
