"""Which file lies at a path: somebody may have removed a socket's, and another process have made one there."""

import os


def identity(path: str) -> tuple[int, int] | None:
    """Device and number of the file; None where there is none, or none within reach."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
