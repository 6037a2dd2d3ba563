"""How many exports one instance makes at a time.

with places.take(account):          # TooMany when there is none
    ...
"""

from collections.abc import Generator
from contextlib import contextmanager

from chorus.chat.domain.errors import TooMany

MOST = 4
"""Exports at a time, whoever began them."""

AGAIN = 30.0
"""Seconds after which it is worth asking again; how long an export takes is its reader's to say."""


class Places:
    """One for an account, and so many in all: an export keeps the database busy for as long as somebody reads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._taken: set[int] = set()

    @contextmanager
    def take(self, account: int) -> Generator[None]:
        """Have one until the block is left.

        Raises:
            TooMany: the account has one already, or there is none left.
        """
        if account in self._taken:
            raise TooMany("Another export of yours is on its way; wait until it has ended", retry_after=AGAIN)
        if len(self._taken) >= self._most:
            raise TooMany(f"{self._most} exports are on their way; wait until one has ended", retry_after=AGAIN)
        self._taken.add(account)
        try:
            yield
        finally:
            self._taken.remove(account)
