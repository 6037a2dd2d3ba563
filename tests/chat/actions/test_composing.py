"""Rendering beside the event loop."""

import asyncio
import threading

import pytest

from chorus.chat.actions import composing
from chorus.chat.actions.composing import Composer
from chorus.chat.domain.errors import Unavailable
from waiting import eventually


@pytest.fixture
def slowly(monkeypatch):
    """Rendering waits until it is let."""
    begun, free = threading.Event(), threading.Event()

    def render(text):
        begun.set()
        assert free.wait(10), "nobody could let it: the event loop stood"
        return text.upper()

    monkeypatch.setattr(composing, "render", render)
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
    rendering = asyncio.ensure_future(composer.html("a long text"))
    await eventually(begun.is_set, what="the rendering to begin")
    assert not rendering.done()
    free.set()

    assert await rendering == "A LONG TEXT"


async def test_too_many_long_texts_at_once_are_refused(composer, slowly):
    _, free = slowly
    waiting = [asyncio.ensure_future(composer.html("a long text")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await composer.html("a long text")
    free.set()

    assert await asyncio.gather(*waiting) == ["A LONG TEXT"] * 2
