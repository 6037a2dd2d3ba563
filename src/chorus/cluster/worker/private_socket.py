"""A Unix socket that nobody but its owner may connect to, from its first moment."""

import os
import socket


def bind(path: str) -> socket.socket:
    """A stream socket at this path, not listening yet; one that a killed worker left there is replaced.

    Raises:
        OSError: the folder is not there, or not ours to write in.
    """
    if os.path.lexists(path):
        os.unlink(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(path)
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(before)
    return bound
