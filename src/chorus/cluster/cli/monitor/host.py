"""The machine the monitor runs on: processors, memory, load."""

import os
from typing import NamedTuple

import psutil


class Host(NamedTuple):
    """One look at the machine."""

    cpu: float
    """Per cent of all processors since the look before."""

    processors: int
    memory_used: int
    """Bytes that are not available."""

    memory: int
    """Bytes there are."""

    load: float
    """Processes that ran or waited, on average over the last minute."""


def look() -> Host:
    """Look now."""
    memory = psutil.virtual_memory()
    return Host(
        cpu=psutil.cpu_percent(),
        processors=os.cpu_count() or 1,
        memory_used=memory.total - memory.available,
        memory=memory.total,
        load=os.getloadavg()[0],
    )
