"""What httpx does otherwise in a process of the tests: it reads once which authorities are trusted.

Each client reads them for itself, which takes longer than most tests ask anything for, over plain HTTP at that.
"""

from functools import cache

from httpx._transports import default


def read_once() -> None:
    """Have the clients of this process that trust the same share what verifies it."""
    default.create_ssl_context = cache(default.create_ssl_context)
