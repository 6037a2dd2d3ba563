"""A cluster in memory for the monitor: what it shows is a believable evening, what it is told is remembered."""

import math
from collections import deque
from pathlib import Path
from threading import Event

from chorus.cluster.cli.monitor.host import Host
from chorus.cluster.cli.monitor.source import Scene
from chorus.cluster.cli.product import Service
from chorus.cluster.messages import (
    ApplicationStatus,
    ClusterStatus,
    Done,
    InstanceSamples,
    InstanceState,
    InstanceStatus,
    LogFile,
    Progress,
    RaisedAlert,
    SampleSeries,
)

MB = 1024**2

SAID = (
    "INFO chorus.chat: #general seq {seq}, 431 members in 2.2 ms",
    "INFO chorus.chat: signed in mira, 2 devices",
    "INFO chorus.realtime: 1,204 sockets, 38 rooms",
    "WARNING chorus.realtime: sid 8fe1 is 4.1 s behind, 211 frames wait",
    "INFO chorus.chat: #release seq {seq}, 212 members in 1.4 ms",
    "ERROR chorus.chat: webhook https://ci.example/build answered 502, tried again in 8 s",
    "INFO chorus.realtime: sid 8fe1 has caught up",
)


def written(instances: int = 4, lines: int = 160) -> str:
    """What the instances of the chat logged, as the keeper writes it."""
    said = (SAID[n // instances % len(SAID)].format(seq=48_000 + n) for n in range(lines))
    return "".join(
        f"2026-11-23T16:{4 + n // 60:02}:{n % 60:02}.120Z chat:{n % instances} | {text}\n"
        for n, text in enumerate(said)
    )


def instance(number: int, state: InstanceState = "online", **facts) -> InstanceStatus:
    usual = {"id": number, "key": f"chat:{number}:1", "pid": 4711 + number, "uptime": 7384.0, "status": "serving"}
    seen = {"cpu": 12.0, "memory": 88 * MB, "descriptors": 1240, "connections": 1204, "lag": 0.0012, "pss": 61 * MB}
    return InstanceStatus(
        number=number, state=state, **{**(usual | seen if state == "online" else {"id": 9, "key": "x"}), **facts}
    )


def application(name: str, *instances: InstanceStatus, kind="asgi", address=None, wanted=None) -> ApplicationStatus:
    wanted = len(instances) if wanted is None else wanted
    return ApplicationStatus(
        name=name, namespace="default", kind=kind, address=address, wanted=wanted, instances=list(instances)
    )


def cluster(*applications: ApplicationStatus, alerts=()) -> ClusterStatus:
    return ClusterStatus(
        keeper_pid=1,
        manager_pid=2,
        home="/srv/chat",
        version="1.0",
        applications=list(applications),
        alerts=list(alerts),
    )


def evening() -> ClusterStatus:
    """Four instances of a chat, one of them busy, with a Valkey, a mailer that waits and a job that was stopped."""
    return cluster(
        application("valkey", instance(0, cpu=3.1, memory=14 * MB, connections=None, lag=None), kind="command"),
        application(
            "chat",
            instance(0, cpu=38.2, memory=143 * MB),
            instance(1, cpu=31.9, memory=139 * MB, connections=1203),
            instance(2, cpu=92.6, memory=171 * MB, connections=1204, lag=0.164, restarts=1, uptime=312.0),
            instance(3, cpu=29.4, memory=136 * MB, connections=1204),
            address="127.0.0.1:3000",
        ),
        application(
            "mailer", instance(0, "backing-off", restarts=3, reason="exited with code 1: no route to smtp.example"),
            kind="command", wanted=1,
        ),
        application("report", instance(0, "stopped"), kind="command", wanted=0),
        alerts=[
            RaisedAlert("mailer", "mailer:0", "down", "mailer:0 has not been online for 30 s", 412.0),
            RaisedAlert("chat", "chat:2", "cpu", "chat:2 uses 93% of a processor, at or above 90% for 5 min", 74.0),
        ],
    )  # fmt: skip


def _wave(now: float | None, phase: int) -> list[float | None]:
    """240 values that end at what is now."""
    if now is None:
        return [None] * 240
    swing = [
        1.2 + 0.5 * math.sin((239 - n) / 11 + phase) + 0.3 * math.sin(n / 4.3 + phase) + 0.1 * math.sin(1.7 * n)
        for n in range(240)
    ]
    return [max(0.0, now * value / max(swing[-1], 1.3)) for value in swing[:-1]] + [now]


class StagedSource:
    """What the monitor is given instead of a cluster."""

    place = "/srv/chat"

    def __init__(self, folder: Path, status: ClusterStatus | None = None, trouble: str = "") -> None:
        self.status, self.trouble = status, trouble
        self.log = folder / "combined.log"
        self.log.write_text(written())
        self.asked: deque[object] = deque()
        self.answer = Done("done as asked")
        self.gate = Event()
        self.gate.set()
        self.well = True

    def look(self) -> Scene:
        return Scene(Host(41.0, 8, 12 * 1024 * MB, 32 * 1024 * MB, 2.31), self.status, self.trouble)

    def past(self, status: ClusterStatus) -> SampleSeries:
        seen = [
            InstanceSamples(
                application=each.name, number=one.number, summaries={},
                values={"cpu": _wave(one.cpu, n), "memory": _wave(one.memory, 0), "lag": _wave(one.lag, n + 3)},
            )
            for each in status.applications for n, one in enumerate(each.instances)
        ]  # fmt: skip
        return SampleSeries(1.0, seen)

    def services(self) -> list[Service]:
        return [Service(self.well, "Valkey 9.0.1  0.2 ms" if self.well else "Redis at db:6379 does not answer")]

    def log_files(self, target: str) -> list[LogFile]:
        return [LogFile(target.partition(":")[0], "combined", str(self.log))]

    def hang_up(self):
        waits = not self.gate.is_set()
        self.gate.set()
        return waits

    def do(self, request, on_progress):
        self.asked.append(request)
        on_progress(Progress("chat:2 online", 1, 2))
        self.gate.wait(10)
        return self.answer
