"""Durations and sizes, as a document may write them."""

from typing import Annotated

from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0, le=31_536_000, extra={"reads": "seconds"})]
"""A duration; a document may write a number of seconds or "500ms", "10s", "5m", "1h"."""

Bytes = Annotated[int, Meta(ge=0, extra={"reads": "bytes"})]
"""A size; a document may write a number of bytes or "512M", "1G" (powers of 1024)."""
