"""Nobody is kept out: whatever can be opened on the page can be reached, read and named.

The owner's dialogs are looked at in test_pictures.py, each where its picture is taken.
"""

from typing import Any

import pytest
from playwright.sync_api import Locator, Route

from browser import scene
from browser.barriers import barriers
from browser.chromium import Chromium
from browser.person import Person
from parts.pictures import picture
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

SECRET = "a long secret of everyone"
PHONE = {"viewport": {"width": 360, "height": 740}}
OF_A_CHANNEL = ("channel-details", "channel-add", "channel-pins")
"""In the channel's own menu."""


@pytest.mark.parametrize("form", [{}, {**PHONE, "color_scheme": "dark"}], ids=["desk", "phone-dark"])
def test_who_comes_signs_up_signs_in_and_reads_without_a_barrier(
    chat: Served, chromium: Chromium, form: dict[str, Any]
) -> None:
    mira = Person(chromium, chat.address, "mira", **form)
    mira.page.goto(chat.address)
    mira.page.get_by_test_id("name").wait_for()
    assert barriers(mira.page) == []

    scene.play(chat.address, SECRET)
    mira.page.reload()
    mira.page.get_by_test_id("to-sign-up").wait_for()
    assert barriers(mira.page) == []

    mira.sign_in(SECRET)
    code = mira.page.locator(".message pre")
    code.wait_for()
    until(lambda: barriers(mira.page) == [], what="code that is wider than a phone to be within reach of its keys")
    assert (code.get_attribute("tabindex") == "0") is bool(form)
    if form:
        mira.page.get_by_test_id("open-sidebar").click()
        until(lambda: barriers(mira.page) == [], what="the sidebar to have come in")


def test_what_is_done_with_messages_is_within_everybodys_reach(chat: Served, chromium: Chromium) -> None:
    scene.play(chat.address, SECRET)
    mira = Person(chromium, chat.address, "mira")
    mira.sign_in(SECRET)
    page = mira.page
    page.get_by_test_id("composer-files").set_input_files(
        {"name": "view.png", "mimeType": "image/png", "buffer": picture("PNG", (640, 400))}
    )
    page.locator(".tray-item.done").wait_for()
    assert barriers(page) == [], "with a file that waits"
    mira.say("This is what I meant, @jonas")
    page.get_by_test_id("picture").wait_for()

    last = page.get_by_test_id("message").last
    last.hover()
    last.get_by_test_id("message-react").click()
    page.get_by_test_id("emoji-search").wait_for()
    assert barriers(page) == [], "choosing an emoji"
    page.get_by_test_id("emoji-search").press("Enter")
    last.get_by_test_id("reaction").wait_for()
    last.hover()
    last.get_by_test_id("message-edit").click()
    page.get_by_test_id("editor").wait_for()
    assert barriers(page) == [], "editing"
    page.keyboard.press("Escape")
    last.hover()
    last.get_by_test_id("message-delete").click()
    page.get_by_test_id("confirm-delete").wait_for()
    assert barriers(page) == [], "deleting"
    page.keyboard.press("Escape")
    last.hover()
    last.get_by_test_id("message-reply").click()
    page.get_by_test_id("thread").wait_for()
    assert barriers(page) == [], "in a thread"
    page.get_by_test_id("close-thread").click()
    page.get_by_test_id("composer").press_sequentially("@jo")
    page.locator(".composer .option").first.wait_for()
    assert barriers(page) == [], "calling somebody"
    page.get_by_test_id("composer").fill("")
    page.get_by_test_id("picture").click()
    page.get_by_test_id("lightbox").wait_for()
    assert barriers(page) == [], "looking at a picture"
    assert mira.errors == []


def test_what_is_opened_beside_the_channel_is_within_everybodys_reach(chat: Served, chromium: Chromium) -> None:
    scene.play(chat.address, SECRET)
    mira = Person(chromium, chat.address, "mira")
    mira.sign_in(SECRET)
    page = mira.page
    dialog = page.get_by_role("dialog")

    for opener in ("browse-channels", "browse-people", "create-channel", "new-conversation", *OF_A_CHANNEL):
        if opener in OF_A_CHANNEL:
            page.get_by_label("Channel menu").click()
        page.get_by_test_id(opener).click()
        dialog.first.wait_for()
        assert barriers(page) == [], opener
        page.keyboard.press("Escape")
        dialog.first.wait_for(state="hidden")
    page.get_by_test_id("open-search").click()
    page.get_by_test_id("search").fill("keeper")
    page.get_by_test_id("search").press("Enter")
    page.get_by_test_id("search-hit").first.wait_for()
    assert barriers(page) == [], "search"
    page.keyboard.press("Escape")
    dialog.first.wait_for(state="hidden")
    page.get_by_test_id("channel-members").click()
    dialog.first.wait_for()
    assert barriers(page) == [], "members"
    page.keyboard.press("Escape")
    dialog.first.wait_for(state="hidden")
    page.keyboard.press("Control+k")
    page.get_by_test_id("switcher").wait_for()
    assert barriers(page) == [], "going to another channel"
    page.keyboard.press("Escape")
    page.get_by_test_id("self").click()
    page.get_by_test_id("sign-out").wait_for()
    assert barriers(page) == [], "one's own menu"
    page.get_by_test_id("saved").click()
    dialog.first.wait_for()
    assert barriers(page) == [], "saved messages"
    assert mira.errors == []


def test_what_is_larger_than_its_place_takes_the_focus_to_be_scrolled(chat: Served, chromium: Chromium) -> None:
    """A message that is to be deleted, its former wordings, code in any of them, and what a command tells."""
    mira = Person(chromium, chat.address, "mira")
    mira.sign_up("Mira Okafor")
    page, long = mira.page, "\n".join(f"Line {number}" for number in range(80))
    code = f"```\n{'wide ' * 80}\n```"
    wordings = page.get_by_test_id("edits")

    def edited_to(text: str) -> None:
        page.get_by_test_id("message").hover()
        page.get_by_test_id("message-edit").click()
        page.get_by_test_id("editor").fill(text)
        page.get_by_test_id("save-edit").click()
        page.get_by_test_id("editor").wait_for(state="hidden")
        page.locator(".edited-mark").click()

    mira.say(long)
    until(lambda: len(mira.texts()) == 1 and mira.has_all(set(mira.texts())), what="the message to be sent")
    page.get_by_test_id("message").hover()
    page.get_by_test_id("message-delete").click()
    until(lambda: scrolls(page.locator(".deleted-words")), what="what is to be deleted")
    page.keyboard.press("Escape")
    edited_to(f"{long}\n\nAnd more")
    until(lambda: scrolls(wordings), what="former wordings")
    page.keyboard.press("Escape")
    edited_to(code)
    until(lambda: scrolls(wordings.locator("pre")), what="code in a former wording")
    assert not scrolls(wordings), "it is scrolled by the code in it"
    page.keyboard.press("Escape")
    html = f"<pre><code>{'wide ' * 80}</code></pre>"
    page.route("**/channels/*/commands", lambda route: route.fulfill(json={"entry": None, "told": {"html": html}}))
    mira.say("/help")
    until(lambda: scrolls(page.locator(".told pre")), what="code that a command told")
    assert mira.errors == []


def test_the_audit_log_takes_the_focus_however_late_it_comes(chat: Served, chromium: Chromium) -> None:
    """Filled, it is as large as before; and what has the focus keeps it when little is left in it."""
    mira = Person(chromium, chat.address, "mira", viewport={"width": 1280, "height": 560})
    mira.sign_up("Mira Okafor")
    for _ in range(12):
        mira.ask("invites", {"role": "member"})
    page = mira.page
    audit = page.get_by_test_id("audit")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/audit*", hold)
    page.get_by_test_id("self").click()
    page.get_by_test_id("administration-open").click()
    page.get_by_test_id("retention-server").wait_for()
    until(lambda: held, what="the log to be asked for")
    assert not scrolls(audit)
    held.pop().continue_()
    until(lambda: scrolls(audit), what="the log to take the focus")
    page.unroute("**/audit*")

    audit.focus()
    page.evaluate("document.querySelector('[data-testid=audit]').replaceChildren()")
    assert audit.evaluate("audit => document.activeElement === audit")
    assert mira.errors == []


def scrolls(element: Locator) -> bool:
    """Whether it takes the focus, so that keys scroll it."""
    return element.get_attribute("tabindex") == "0"
