"""Short notices at the edge of the page."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Browser

from browser.person import Person
from parts.served import Served

pytestmark = pytest.mark.browser

GROUND = "element => getComputedStyle(element).backgroundColor.match(/\\d+/g).map(Number)"


def test_a_notice_stands_over_the_dialog_that_it_is_about(chat: Served, chromium: Browser) -> None:
    """Whoever saves a name sees that it is saved, and not a notice dimmed behind the dialog."""
    mira = Person(chromium, chat.address, "mira", viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    mira.sign_up("Mira")
    mira.page.get_by_test_id("self").click()
    mira.page.get_by_test_id("own-account").click()
    dialog = mira.page.get_by_role("dialog")
    dialog.get_by_label("Your name").fill("Mira Okafor")

    dialog.get_by_role("button", name="Save").first.click()

    notice = mira.page.locator(".toast", has_text="Your name is changed")
    notice.wait_for()
    seen = Image.open(io.BytesIO(notice.screenshot())).convert("RGB")
    assert list(seen.getpixel((seen.width // 2, 4)) or ()) == notice.evaluate(GROUND)
    assert mira.errors == []
