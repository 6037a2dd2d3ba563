"""Rendering beside the event loop."""

import asyncio
import threading

import pytest

from chorus.chat.actions import composing
from chorus.chat.actions.composing import Composer
from chorus.chat.domain.errors import Unavailable
from chorus.chat.domain.search import Term, excerpt
from chorus.chat.rendering.markdown import Composed
from waiting import eventually


@pytest.fixture
def slowly(monkeypatch):
    """Rendering waits until it is let."""
    begun, free = threading.Event(), threading.Event()

    def compose(text, accounts):
        begun.set()
        assert free.wait(10), "nobody could let it: the event loop stood"
        return Composed(text.upper(), tuple(accounts.values()))

    monkeypatch.setattr(composing, "compose", compose)
    return begun, free


@pytest.fixture
def composer():
    composer = Composer(short=10, waiting=2)
    yield composer
    composer.close()


async def test_a_short_text_is_rendered_at_once(composer):
    assert await composer.html("*a*") == "<p><em>a</em></p>"


async def test_the_event_loop_goes_on_while_a_long_text_is_rendered(composer, slowly):
    begun, free = slowly
    rendering = asyncio.ensure_future(composer.html("a *long* text"))
    await eventually(begun.is_set, what="the rendering to begin")
    assert not rendering.done()
    free.set()

    assert await rendering == "A *LONG* TEXT"


async def test_too_many_long_texts_at_once_are_refused(composer, slowly):
    _, free = slowly
    waiting = [asyncio.ensure_future(composer.html("a *long* text")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await composer.html("a *long* text")
    free.set()

    assert await asyncio.gather(*waiting) == ["A *LONG* TEXT"] * 2


async def test_a_plain_sentence_is_rendered_at_once_however_long_it_is(composer):
    assert await composer.html("a" * 10_000) == f"<p>{'a' * 10_000}</p>"


async def test_one_sender_has_one_text_in_the_thread_and_the_others_go_between(composer, slowly):
    _, free = slowly
    composer = Composer(short=10, waiting=10)
    done = []

    async def one(sender, name):
        await composer.compose(f"a *long* text {name}", {}, sender=sender)
        done.append(name)

    waiting = [asyncio.ensure_future(one(*each)) for each in [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (3, "c1")]]
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(*waiting)
    composer.close()

    assert done.index("b1") < done.index("a2")
    assert done.index("c1") < done.index("a2")
    assert [name for name in done if name[0] == "a"] == ["a1", "a2", "a3"]


async def test_one_sender_with_too_many_long_texts_is_refused_and_another_is_served(slowly):
    _, free = slowly
    composer = Composer(short=10, waiting=10, each=2)
    waiting = [asyncio.ensure_future(composer.compose("a *long* text", {}, sender=1)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="of yours"):
        await composer.compose("a *long* text", {}, sender=1)
    waiting.append(asyncio.ensure_future(composer.compose("a *long* text", {}, sender=2)))
    free.set()

    assert len(await asyncio.gather(*waiting)) == 3
    assert await composer.compose("a *long* text", {}, sender=1)
    composer.close()


async def test_a_text_whose_message_is_stored_already_is_not_rendered(composer, slowly):
    async def known():
        return True

    assert await composer.compose("a *long* text", {}, sender=1, known=known) == Composed("", ())
    assert not slowly[0].is_set()


NEEDLE = (Term(("needle",)),)


@pytest.fixture
def looked_through(monkeypatch):
    """By which thread each text is, in order."""
    threads = []

    def look(text, terms):
        threads.append(threading.current_thread())
        return excerpt(text, terms)

    monkeypatch.setattr(composing, "excerpt", look)
    return threads


async def test_what_a_search_found_is_looked_through_beside_the_event_loop(composer, looked_through):
    texts = ["a needle", "hay " * 2000, "needles " * 2000 + "needle"]

    found = await composer.excerpts(texts, NEEDLE, reader=1)

    assert found == [excerpt(text, NEEDLE) for text in texts]
    assert threading.main_thread() not in looked_through
    assert len(looked_through) == 3


async def test_little_that_a_search_found_is_looked_through_at_once(composer, looked_through):
    assert await composer.excerpts(["a needle"], NEEDLE, reader=1) == [("a ", "needle", "")]
    assert looked_through == [threading.main_thread()]


async def test_nothing_that_a_search_found_is_nothing(composer):
    assert await composer.excerpts([], NEEDLE, reader=1) == []


async def test_others_go_between_the_parts_of_what_a_search_found(slowly):
    begun, free = slowly
    composer = Composer(short=10, waiting=10)
    done = []

    async def one(name, work):
        await work
        done.append(name)

    first = asyncio.ensure_future(composer.html("a *long* text"))
    await eventually(begun.is_set, what="the thread to be busy")
    search = asyncio.ensure_future(one("search", composer.excerpts(["hay " * 2000] * 3, NEEDLE, reader=1)))
    await asyncio.sleep(0)
    message = asyncio.ensure_future(one("message", composer.compose("a *long* text", {}, sender=2)))
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(first, search, message)
    composer.close()

    assert done == ["message", "search"]
