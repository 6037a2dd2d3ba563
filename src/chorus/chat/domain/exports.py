"""Who may begin an export while others are on their way. Pure."""

from collections.abc import Collection

from chorus.chat.domain.errors import TooMany

MOST = 4
"""Exports at a time, whoever began them and on whatever instance: each reads the database for as long as it is read."""

AGAIN = 30.0
"""Seconds after which it is worth asking again; how long an export takes is its reader's to say."""


def check_place(account: int, taken: Collection[int], *, most: int = MOST) -> None:
    """Do nothing where this account may begin one beside those of the accounts in `taken`.

    Raises:
        TooMany: it has one already, or there are as many as there may be.
    """
    if account in taken:
        raise TooMany("Another export of yours is on its way; wait until it has ended", retry_after=AGAIN)
    if len(taken) >= most:
        raise TooMany(f"{most} exports are on their way; wait until one has ended", retry_after=AGAIN)
