"""One application's specification: declared in `application`, read from a document by `reading`."""

from chorus.cluster.spec.alerts import Alerts
from chorus.cluster.spec.application import LARGEST_CLUSTER, LARGEST_DOCUMENT, RESERVED_NAMES, ApplicationSpec, Name
from chorus.cluster.spec.cluster import ClusterSpec
from chorus.cluster.spec.health import Health
from chorus.cluster.spec.units import Bytes, Seconds

__all__ = [
    "LARGEST_CLUSTER",
    "LARGEST_DOCUMENT",
    "RESERVED_NAMES",
    "Alerts",
    "ApplicationSpec",
    "Bytes",
    "ClusterSpec",
    "Health",
    "Name",
    "Seconds",
]
