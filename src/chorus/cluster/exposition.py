"""What runs, in the text format that Prometheus reads. Pure.

    text(status)       # lines such as: chorus_instance_restarts_total{application="chat",instance="0"} 3.0

https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4: a family of samples is one block under its
HELP and TYPE; a label's value has backslash, quote and line feed escaped.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from chorus.cluster.messages import ClusterStatus, InstanceStatus

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Family(NamedTuple):
    name: str
    kind: Literal["gauge", "counter"]
    about: str
    field: str
    """Of InstanceStatus."""

    unit: float = 1.0
    """What its value is multiplied by."""


_OF_AN_INSTANCE = (
    _Family("chorus_instance_restarts_total", "counter", "Restarts of the instance.", "restarts"),
    _Family("chorus_instance_uptime_seconds", "gauge", "Time since its process started.", "uptime"),
    _Family("chorus_instance_memory_bytes", "gauge", "Resident memory of its process.", "memory"),
    _Family("chorus_instance_memory_share_bytes", "gauge", "The same, shared pages counted in parts.", "pss"),
    _Family("chorus_instance_cpu_ratio", "gauge", "Processors used over the last second.", "cpu", 0.01),
    _Family("chorus_instance_open_fds", "gauge", "Open descriptors of its process.", "descriptors"),
    _Family("chorus_instance_connections", "gauge", "Live connections.", "connections"),
    _Family("chorus_instance_event_loop_lag_seconds", "gauge", "How late its event loop was.", "lag"),
)

_Sample = tuple[dict[str, str], float]


def text(status: ClusterStatus) -> str:
    """All metrics of a cluster. What is not known of an instance is left out."""
    lines = [*_block("chorus_info", "gauge", "The manager that answers.", [({"version": status.version}, 1.0)])]
    lines += _block("chorus_instances_wanted", "gauge", "Instances that should run.", _wanted(status))
    lines += _block("chorus_instance_up", "gauge", "1 while the instance is online.", _up(status))
    for family in _OF_AN_INSTANCE:
        lines += _block(family.name, family.kind, family.about, _values(status, family))
    lines += _block("chorus_instance_state", "gauge", "The state that the instance is in.", _states(status))
    lines += _block("chorus_alert_raised", "gauge", "Alerts that are raised now.", _alerts(status))
    return "".join(f"{line}\n" for line in lines)


def _wanted(status: ClusterStatus) -> list[_Sample]:
    return [({"application": a.name, "namespace": a.namespace}, float(a.wanted)) for a in status.applications]


def _up(status: ClusterStatus) -> list[_Sample]:
    return [(labels, float(instance.state == "online")) for labels, instance in _instances(status)]


def _values(status: ClusterStatus, family: _Family) -> list[_Sample]:
    found = [(labels, getattr(instance, family.field)) for labels, instance in _instances(status)]
    return [(labels, float(value) * family.unit) for labels, value in found if value is not None]


def _states(status: ClusterStatus) -> list[_Sample]:
    return [({**labels, "state": instance.state}, 1.0) for labels, instance in _instances(status)]


def _alerts(status: ClusterStatus) -> list[_Sample]:
    return [({"application": a.application, "subject": a.subject, "kind": a.kind}, 1.0) for a in status.alerts]


def _instances(status: ClusterStatus) -> Iterator[tuple[dict[str, str], InstanceStatus]]:
    for application in status.applications:
        for instance in application.instances:
            yield {"application": application.name, "instance": str(instance.number)}, instance


def _block(name: str, kind: str, about: str, samples: list[_Sample]) -> Iterator[str]:
    if not samples:
        return
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{shown}}} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
