"""A Unix socket that nobody but its owner may connect to, from its first moment."""

import os
import socket


def bind(path: str) -> socket.socket:
    """A stream socket at this path, not listening yet; one that a killed worker left there is replaced.

    Raises:
        OSError: with the path; the folder is not there, not ours to write in, or on a disk without room.
    """
    if os.path.lexists(path):
        os.unlink(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(path)
    except OSError as error:
        bound.close()
        raise OSError(error.errno, error.strerror or str(error), path) from error
    finally:
        os.umask(before)
    return bound
