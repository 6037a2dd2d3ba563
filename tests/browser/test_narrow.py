"""What has to give way on a narrow page gives way as a whole, and hides nothing that matters."""

import pytest
from playwright.sync_api import Locator

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 375, "height": 700}}


def test_the_longest_name_leaves_the_time_in_view_and_no_button_is_cut(chat: Served, chromium: Chromium) -> None:
    """A name of 64 wide letters ends in dots before the time, and the formatting bar shows whole buttons alone."""
    mira = Person(chromium, chat.address, "mira", **PHONE)
    mira.sign_up("M" * 64)
    mira.say("Hello")
    until(lambda: mira.has_all({"Hello"}), what="the message to be sent")

    assert right_end(mira.page.locator(".byline .time")) <= 375
    for width in range(320, 380, 7):
        mira.page.set_viewport_size({"width": width, "height": 700})
        assert cut(mira) == []
    mira.page.set_viewport_size({"width": 375, "height": 400})
    mira.page.locator(".message-text").hover(position={"x": 4, "y": 4})
    tools, composer = (mira.page.locator(f".main {each}").bounding_box() for each in (".message-tools", ".composer"))
    assert tools is not None
    assert composer is not None
    assert tools["y"] + tools["height"] <= composer["y"]
    assert mira.errors == []


def test_a_conversation_has_its_handle_under_the_name_and_not_under_the_picture(
    chat: Served, chromium: Chromium
) -> None:
    mira = Person(chromium, chat.address, "mira", **PHONE)
    mira.sign_up("Mira Okafor")
    mira.page.get_by_test_id("open-sidebar").click()
    mira.page.get_by_test_id("browse-people").click()
    mira.page.get_by_test_id("talk-mira").click()
    mira.page.locator(".channel-title .avatar").wait_for()

    name, handle = (
        left_end(mira.page.locator(".channel-title span").last),
        left_end(mira.page.locator(".channel-topic")),
    )

    assert abs(name - handle) <= 1


def test_the_way_back_closes_the_thread_that_lies_over_the_channel(chat: Served, chromium: Chromium) -> None:
    """And nothing is left in the history of one that was closed by hand. A reply takes files, as a message does."""
    mira = Person(chromium, chat.address, "mira", **PHONE)
    mira.sign_up("Mira Okafor")
    mira.say("Hello")
    until(lambda: mira.has_all({"Hello"}), what="the message to be sent")
    thread = mira.page.get_by_test_id("thread")

    before = mira.page.url
    mira.open_thread()
    mira.page.go_back()
    thread.wait_for(state="hidden")
    assert (mira.page.url, mira.texts()) == (before, ["Hello"])

    mira.open_thread()
    for tool in ("Attach files", "Emoji"):
        thread.get_by_role("button", name=tool, exact=True).wait_for()
    mira.page.get_by_test_id("close-thread").click()
    thread.wait_for(state="hidden")
    until(lambda: mira.page.evaluate("history.state") is None, what="the thread's place to be gone")
    assert mira.page.locator(".main :focus").count() == 1, "what lay under it has the focus again"
    assert mira.errors == []


@pytest.mark.parametrize("width", [320, 375])
def test_the_list_of_channels_cuts_none_of_its_buttons(chat: Served, chromium: Chromium, width: int) -> None:
    """What is too long for a line is the topic of a channel, and that is what ends in dots."""
    mira = Person(chromium, chat.address, "mira", viewport={"width": width, "height": 700})
    mira.sign_up("Mira Okafor")
    mira.page.get_by_test_id("open-sidebar").click()
    mira.page.get_by_test_id("browse-channels").click()
    dialog = mira.page.get_by_role("dialog", name="Channels")

    def beyond_its_end() -> dict[str, float]:
        """How far each of its buttons reaches beyond it, all of the list as it stands in one moment."""
        return dialog.evaluate(
            """dialog => Object.fromEntries([...dialog.querySelectorAll("button")].map(button => [
                button.innerText, button.getBoundingClientRect().right - dialog.getBoundingClientRect().right]))"""
        )

    until(lambda: beyond_its_end().keys() >= {"Create", "Open"}, what="the list")
    assert [name for name, beyond in beyond_its_end().items() if beyond > 0] == []


def right_end(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"]


def left_end(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["x"]


def cut(person: Person) -> list[str]:
    """The formatting buttons of which a part can be seen, and a part not."""
    return person.page.locator(".composer-box .tools").first.evaluate(
        """bar => {
            const {left, right, top, bottom} = bar.getBoundingClientRect();
            return [...bar.children].filter(each => {
                const box = each.getBoundingClientRect();
                const seen = box.left < right && box.right > left && box.top < bottom && box.bottom > top;
                return seen && (box.right > right + 1 || box.bottom > bottom + 1);
            }).map(each => each.getAttribute("aria-label"));
        }"""
    )
