"""One application's specification: declared in `application`, read from a document by `reading`."""

from chorus.cluster.spec.application import (
    LARGEST_CLUSTER,
    LARGEST_DOCUMENT,
    RESERVED_NAMES,
    ApplicationSpec,
    Bytes,
    Health,
    Name,
    Seconds,
)

__all__ = [
    "LARGEST_CLUSTER",
    "LARGEST_DOCUMENT",
    "RESERVED_NAMES",
    "ApplicationSpec",
    "Bytes",
    "Health",
    "Name",
    "Seconds",
]
