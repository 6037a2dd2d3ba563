"""Where a reader finds themselves in a channel."""

import pytest

from browser.chromium import Chromium
from browser.person import Person
from browser.scene import play
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

SECRET = "a long secret of everyone"
TO_THE_END = """(timeline => timeline.scrollHeight - timeline.clientHeight - timeline.scrollTop)(
    document.querySelector('[data-testid=timeline]'))"""


def test_a_channel_opens_at_the_first_new_message_and_jumps_to_the_latest_on_request(
    chat: Served, chromium: Chromium
) -> None:
    """The divider is in view, the end is not; the button that leads there goes away when it is reached."""
    play(chat.address, SECRET)
    lena = Person(chromium, chat.address, "lena", viewport={"width": 1280, "height": 700})
    lena.sign_in_on_the_page(SECRET)
    jump = lena.page.get_by_test_id("jump-to-latest")

    jump.wait_for()
    assert lena.page.get_by_role("separator", name="New messages").is_visible()
    assert lena.page.evaluate(TO_THE_END) > 48

    jump.click()
    until(lambda: lena.page.evaluate(TO_THE_END) < 1, what="the end of the channel in view")
    jump.wait_for(state="hidden")


BESIDE = """paragraph => {
    const words = document.createRange();
    words.selectNodeContents(paragraph);
    const [inner, outer] = [words.getBoundingClientRect(), paragraph.getBoundingClientRect()];
    return [inner.left - outer.left, outer.right - inner.right].map(room => room < 1);
}"""
"""Whether the words of a paragraph touch its left edge, and its right one."""


def test_what_is_written_from_right_to_left_begins_at_the_right(chat: Served, chromium: Chromium) -> None:
    """Its punctuation and its Latin words stand where such a reader expects them; other messages are as ever."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada")

    for text in ("مرحبا بالعالم **Chorus**!", "- שלום", "Hello **there**!"):
        ada.say(text)
    until(lambda: [state for _, state, _ in ada.sees()] == ["sent"] * 3, what="three messages to be kept")
    blocks = ada.page.locator(".message-text :is(p, li)")

    assert [each.evaluate(BESIDE) for each in blocks.all()] == [[False, True], [False, True], [True, False]]
    assert ada.page.get_by_test_id("composer").evaluate("box => getComputedStyle(box).unicodeBidi") == "plaintext"
