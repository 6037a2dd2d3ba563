"""Pictures of the real page with a believable team in it: kept by CI, and the source of the README's."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.person import Person
from browser.scene import GENERAL, play
from parts.served import Served

pytestmark = pytest.mark.browser

SECRET = "a long secret of everyone"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def test_the_page_shows_a_team_on_a_desk_and_on_a_phone_in_light_and_dark(
    chat: Served, chromium: Browser, pictures: Path
) -> None:
    """Every message is there and every picture is taken without an error of the page."""
    play(chat.address, SECRET, lively=True)

    for name, viewport, scheme in (
        ("chat", DESK, "light"),
        ("chat-dark", DESK, "dark"),
        ("chat-phone", PHONE, "light"),
    ):
        mira = Person(chromium, chat.address, "mira", viewport=viewport, color_scheme=scheme)
        mira.sign_in(SECRET)
        mira.page.get_by_text("half of everything on the tram").wait_for()
        mira.page.mouse.move(0, 0)
        mira.page.screenshot(path=pictures / f"{name}.png")

        assert len(mira.sees()) == len(GENERAL)
        assert mira.errors == []
