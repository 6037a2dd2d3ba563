"""What can be answered by looking: nothing is changed, and nobody is waited for."""

from chorus import __version__
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.manager import Manager
from chorus.cluster.manager.selection import Selection, everything, find
from chorus.cluster.manager.status import cluster_status, describe, log_files
from chorus.cluster.messages import (
    Describe,
    Descriptions,
    Done,
    Final,
    LogFiles,
    Logs,
    Ping,
    Samples,
    SampleSeries,
    Status,
)

Query = Ping | Status | Samples | Logs | Describe

MOST_VALUES = 30_000
"""Values of each column that one answer to Samples has at most: less than a message may have bytes."""


def answer(manager: Manager, request: Query) -> Final:
    """Answer it.

    Raises:
        OperationFailed: "too_large", saying how many values there may be.
        UnknownTarget: a target names nothing.
    """
    applications = manager.applications
    match request:
        case Ping():
            return Done(__version__, changed=False)
        case Status():
            manager.observer.refresh()
            return cluster_status(manager)
        case Samples(targets=targets):
            return _samples(manager, request, find(applications, targets) if targets else everything(applications))
        case Logs(targets):
            return LogFiles([file for application, _ in find(applications, targets) for file in log_files(application)])
        case Describe(targets):
            chosen = find(applications, targets) if targets else everything(applications)
            return Descriptions([describe(application) for application, _ in chosen], manager.cluster)


def _samples(manager: Manager, request: Samples, chosen: Selection) -> SampleSeries:
    """What was seen of the instances."""
    observer = manager.observer
    wanted = request.last * sum(len(numbers) for _, numbers in chosen)
    if request.values and wanted > MOST_VALUES:
        text = f"found {wanted} values of each column, expected at most {MOST_VALUES}: ask for fewer instances"
        raise OperationFailed("too_large", text)
    samples = [
        observer.samples(application.name, number, request) for application, numbers in chosen for number in numbers
    ]
    return SampleSeries(1.0 if request.span == "hour" else 60.0, samples)
