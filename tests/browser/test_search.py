"""Finding a message and going to it."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator

from browser.chromium import Chromium
from browser.person import Person
from browser.scene import play
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

SECRET = "a long secret of everyone"


def test_a_message_is_found_and_its_address_leads_into_the_middle_of_history(
    chat: Served, chromium: Chromium, pictures: Path
) -> None:
    """Rows 11 and 13: hits are marked, a hit leads to its message, and so does its address after a reload."""
    play(chat.address, SECRET, more=120)
    mira = Person(chromium, chat.address, "mira", viewport={"width": 1280, "height": 800})
    mira.sign_in(SECRET)

    mira.page.get_by_test_id("open-search").click()
    mira.page.get_by_test_id("search").fill('"on a postcard"')
    hit = mira.page.get_by_test_id("search-hit")
    hit.wait_for()
    assert hit.locator("mark").all_inner_texts() == ["on a postcard"]
    mira.page.screenshot(path=pictures / "search.png")

    hit.click()
    found = mira.page.locator(".timeline .message", has_text="on a postcard")
    until(lambda: in_view(mira, found), what="the message to be in view")
    assert mira.page.url.endswith("/5")

    mira.page.reload()
    mira.wait_online()
    until(lambda: in_view(mira, found), what="the message to be in view again")
    assert mira.errors == []


def test_an_address_that_leads_nowhere_says_so(chat: Served, chromium: Chromium) -> None:
    """Row 11: whoever follows a link to a channel they cannot read is told why another one opens."""
    mira = Person(chromium, chat.address, "mira")
    mira.sign_up("Mira Okafor")
    told = mira.page.locator(".toast", has_text="a channel that you are not in")
    assert told.count() == 0

    mira.page.evaluate("location.hash = '#/channels/99'")

    told.wait_for()
    until(lambda: mira.page.url.endswith("/channels/1"), what="the page to be back in #general")


def in_view(person: Person, message: Locator) -> bool:
    box = message.bounding_box() if message.count() else None
    return box is not None and 56 <= box["y"] <= 700
