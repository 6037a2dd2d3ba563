"""Passwords as argon2id hashes, made and checked beside the event loop.

One hash costs tens of milliseconds and 64 MiB on purpose. So they run in threads of their own, few at a time, and when
too many wait the next is refused: signing in must not be a way to stop the chat.
"""

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chorus.chat.domain.accounts import LONGEST_PASSWORD
from chorus.chat.domain.errors import Unavailable

T = TypeVar("T")

_TOO_MANY = "Too many people are signing in at this moment; try again"

_NOBODY = "a password that no account has"


class Passwords:
    """Hashes and checks passwords with one set of parameters."""

    def __init__(self, hasher: PasswordHasher | None = None, *, threads: int = 2, waiting: int = 64) -> None:
        """Take the parameters; the library's default is RFC 9106's second recommendation.

        `threads` hashes run at a time, each with the hasher's memory; `waiting` more may wait, the next is refused.
        """
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._most = threads + waiting
        self._asked = 0
        self._inside = 0
        self._decoy: str | None = None

    @contextmanager
    def place(self) -> Generator[None]:
        """One of the places of those who sign in or up, taken before anything is done for them: not even the database
        is asked for more than have one.

        Raises:
            Unavailable: all are taken.
        """
        if self._inside >= self._most:
            raise Unavailable(_TOO_MANY)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def hash(self, password: str) -> str:
        """Hash a new password.

        Raises:
            Unavailable: too many wait already.
        """
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def verify(self, known: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed; for None (nobody has it) False, after the same time.

        Raises:
            Unavailable: too many wait already.
        """
        return await self._run(lambda: self._verify(known, password))

    def outdated(self, known: str) -> bool:
        """Whether the hash was made with other parameters and should be made anew while the password is at hand."""
        return self._hasher.check_needs_rehash(known)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._asked >= self._most:
            raise Unavailable(_TOO_MANY)
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._asked -= 1

    def _verify(self, known: str | None, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD:
            password = ""  # nobody's; the cost stays that of one hash
        known = known or None  # a bot's account has none: it takes the same time as nobody's
        if self._decoy is None:  # made with whoever comes first, or the first unknown one would take twice the time
            self._decoy = self._hasher.hash(_NOBODY)
        try:
            right = self._hasher.verify(known or self._decoy, _bytes(password))
        except (VerificationError, InvalidHashError):  # another password, or an account that has none
            right = False
        return right and known is not None


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
