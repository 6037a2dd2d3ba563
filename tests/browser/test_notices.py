"""Short notices at the edge of the page."""

import io

import pytest
from PIL import Image

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

HELD = """() => {
    const [start, stop] = [window.setTimeout, window.clearTimeout];
    const held = new Map();
    window.setTimeout = (run, wait, ...more) => {
        if (wait < 8000) return start(run, wait, ...more);
        held.set(-1 - held.size, run);
        return -held.size;
    };
    window.clearTimeout = timer => held.delete(timer) || stop(timer);
    window.passes = () => { const due = [...held.values()]; held.clear(); due.forEach(run => run()); };
}"""
"""What the page does after 8 seconds and more it does when `passes()` says that they are over."""

GROUND = "element => getComputedStyle(element).backgroundColor.match(/\\d+/g).map(Number)"


def test_a_notice_stands_over_the_dialog_that_it_is_about(chat: Served, chromium: Chromium) -> None:
    """Whoever saves a name is called so at once, and sees that it is saved: no notice is dimmed behind the dialog."""
    mira = Person(chromium, chat.address, "mira", viewport={"width": 1280, "height": 800})
    mira.sign_up("Mira")
    mira.page.get_by_test_id("self").click()
    mira.page.get_by_test_id("own-account").click()
    dialog = mira.page.get_by_role("dialog")
    dialog.get_by_label("Your name").fill("Mira Okafor")

    dialog.get_by_role("button", name="Save").first.click()

    notice = mira.page.locator(".toast", has_text="Your name is changed")
    notice.wait_for()
    seen = Image.open(io.BytesIO(notice.screenshot())).convert("RGB")
    middle = seen.width // 2
    assert list(seen.crop((middle, 4, middle + 1, 5)).tobytes()) == notice.evaluate(GROUND)
    assert mira.page.get_by_test_id("self").locator(".nav-name").inner_text() == "Mira Okafor"
    assert mira.errors == []


def test_a_notice_takes_no_escape_away_from_what_lies_under_it(chat: Served, chromium: Chromium) -> None:
    """Escape closes an open thread while a notice is shown."""
    mira = Person(chromium, chat.address, "mira", viewport={"width": 1280, "height": 800})
    mira.sign_up("Mira")
    mira.say("Hello")
    until(lambda: mira.has_all({"Hello"}), what="the message to be sent")
    mira.page.evaluate("location.hash = '#/channels/99'")
    notice = mira.page.locator(".toast")
    notice.wait_for()
    mira.open_thread()

    mira.page.get_by_test_id("thread-composer").press("Escape")

    mira.page.get_by_test_id("thread").wait_for(state="hidden")
    assert notice.is_visible(), "it was there all the time"


def test_a_notice_stays_while_somebody_points_at_it_or_has_the_focus_in_it(chat: Served, chromium: Chromium) -> None:
    """Whoever reads slowly, or is on the way to its button, has the time."""
    mira = Person(chromium, chat.address, "mira", viewport={"width": 1280, "height": 800})
    mira.sign_up("Mira")
    notice = mira.page.locator(".toast")
    mira.page.evaluate(HELD)
    mira.page.evaluate("location.hash = '#/channels/99'")
    notice.wait_for()

    notice.hover()
    mira.page.evaluate("passes()")
    assert notice.is_visible()
    notice.get_by_role("button", name="Dismiss").focus()
    mira.page.mouse.move(0, 0)
    mira.page.evaluate("passes()")
    assert notice.is_visible()

    mira.page.get_by_test_id("composer").focus()
    mira.page.evaluate("passes()")
    notice.wait_for(state="detached")
    assert mira.errors == []


def test_where_no_page_may_make_notifications_they_are_not_offered(chat: Served, chromium: Chromium) -> None:
    """As on Android, where the constructor is there and throws."""
    mira = Person(chromium, chat.address, "mira")
    mira.page.add_init_script(
        """window.Notification = class {
            static permission = "default";
            constructor() { throw new TypeError("Illegal constructor."); }
        }"""
    )
    mira.sign_up("Mira")
    mira.page.get_by_test_id("self").click()
    switch = mira.page.get_by_test_id("notifications")

    switch.wait_for()

    assert switch.is_disabled()
    assert switch.inner_text().strip() == "No notifications in this browser"
    assert mira.errors == []


def test_where_nothing_may_be_copied_that_is_said_and_the_focus_stays(chat: Served, chromium: Chromium) -> None:
    """Over plain HTTP there is but the old way to copy, which says no by its answer and takes the focus."""
    mira = Person(chromium, chat.address, "mira")
    mira.sign_up("Mira")
    mira.say("Hello")
    until(lambda: mira.has_all({"Hello"}), what="the message to be sent")
    mira.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    mira.page.evaluate("document.execCommand = () => false")
    mira.page.get_by_test_id("message").focus()
    link = mira.page.get_by_test_id("message-copy-link")

    link.press("Enter")

    mira.page.locator(".toast", has_text="does not allow this page to copy").wait_for()
    assert link.evaluate("button => button === document.activeElement")
    assert mira.errors == []
