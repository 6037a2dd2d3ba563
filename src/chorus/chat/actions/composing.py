"""Rendering beside the event loop, for texts that could hold it up."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from chorus.chat.domain.errors import Unavailable
from chorus.chat.domain.search import Term, excerpt
from chorus.chat.rendering.markdown import Composed, compose
from chorus.chat.rendering.plain import has_fence, is_plain

T = TypeVar("T")

_PART = 4000
"""Characters of what a search found that are looked through before others have their turn; or one longer text."""


class Composer:
    """Renders short and plain texts at once, and others in a thread, where nobody but they waits for them.

    Each sender has one text there at a time, so that others wait for one text of a sender's and not for all; and so it
    is with what somebody searches for.
    """

    def __init__(self, *, short: int = 300, waiting: int = 200, each: int = 20) -> None:
        """Take the bounds.

        Args:
            short: characters that are rendered or looked through at once, unless code is fenced among them: a
                language's colours take up to 0.1 s to prepare, once.
            waiting: texts that may wait for the thread; the next is refused.
            each: of these, those of one sender.
        """
        self._short = short
        self._most = waiting
        self._most_each = each
        self._waiting = 0
        self._turns: dict[int, _Turn] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="composer")

    async def html(self, text: str) -> str:
        """The HTML of a text that calls nobody by handle.

        Raises:
            Unavailable: too many long texts wait already.
        """
        return (await self.compose(text, {})).html

    async def compose(
        self,
        text: str,
        accounts: Mapping[str, int],
        *,
        sender: int = 0,
        known: Callable[[], Awaitable[bool]] | None = None,
    ) -> Composed:
        """The text's HTML, and whom of the accounts it calls.

        Args:
            text: as `check_text` gives it.
            accounts: by handle, as compared, the ids of those that may be called.
            sender: whose turn it takes.
            known: whether the message is stored already, asked before a text goes to the thread: then nobody needs
                its HTML, which is empty.

        Raises:
            Unavailable: too many texts wait already, of all or of this sender.
        """
        if is_plain(text) or (len(text) <= self._short and not has_fence(text)):
            return compose(text, accounts)
        async with self._turn(sender):
            if known is not None and await known():
                return Composed("", ())
            return await asyncio.get_running_loop().run_in_executor(self._thread, compose, text, accounts)

    async def excerpts(self, texts: Sequence[str], terms: Sequence[Term], *, reader: int) -> list[tuple[str, ...]]:
        """Of each text, the stretch that shows why it was found; a part of them at a time, in the reader's turn.

        Raises:
            Unavailable: as above.
        """
        if sum(map(len, texts)) <= self._short:
            return _excerpts(texts, terms)
        found: list[tuple[str, ...]] = []
        for part in _parts(texts):
            found += await self.beside(reader, partial(_excerpts, part, terms))
        return found

    async def beside(self, account: int, work: Callable[[], T]) -> T:
        """Have something else done in the thread that takes long, in the account's turn; gives what it returns.

        Raises:
            Unavailable: as above; or whatever it raises.
        """
        async with self._turn(account):
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    @asynccontextmanager
    async def _turn(self, account: int) -> AsyncGenerator[None]:
        """The account's, to have something done in the thread."""
        turn = self._turns.get(account) or _Turn()
        if self._waiting >= self._most:
            raise Unavailable("Too many long messages at this moment; try again")
        if turn.waiting >= self._most_each:
            raise Unavailable(f"{turn.waiting} long messages of yours wait already; try again")
        self._turns[account] = turn
        self._waiting += 1
        turn.waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            self._waiting -= 1
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[account]


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    begin = length = 0
    for end, text in enumerate(texts):
        if end > begin and length + len(text) > _PART:
            yield texts[begin:end]
            begin, length = end, 0
        length += len(text)
    yield texts[begin:]


def _excerpts(texts: Sequence[str], terms: Sequence[Term]) -> list[tuple[str, ...]]:
    return [excerpt(text, terms) for text in texts]


class _Turn:
    """One sender's: held while a text of theirs is in the thread."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0
