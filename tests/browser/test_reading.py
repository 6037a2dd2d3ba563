"""Where a reader finds themselves in a channel."""

from uuid import uuid4

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


SHRINKS_AS_IT_SCROLLS = "timeline => { timeline.scrollTop -= 1; timeline.parentElement.style.maxHeight = '300px' }"
"""As a phone that is turned does; nobody has scrolled."""


def test_a_channel_opens_at_the_first_new_message_and_jumps_to_the_latest_on_request(
    chat: Served, chromium: Chromium
) -> None:
    """The newest page has not the first new message, and one page more does. What stays away is asked for again."""
    play(chat.address, SECRET, more=90)
    lena = Person(chromium, chat.address, "lena", viewport={"width": 1280, "height": 700})
    jump = lena.page.get_by_test_id("jump-to-latest")
    asked: list[str] = []
    lena.page.on("request", lambda request: "/messages?" in request.url and asked.append(request.url))
    lena.sign_in_on_the_page(SECRET)

    jump.wait_for()
    assert lena.page.get_by_role("separator", name="New messages").is_visible()
    assert lena.page.get_by_text("Four workers handed over").is_visible()
    assert len(asked) == 1

    jump.click()
    until(lambda: lena.page.evaluate(TO_THE_END) < 1, what="the end of the channel in view")
    jump.wait_for(state="hidden")
    lena.page.get_by_test_id("timeline").evaluate(SHRINKS_AS_IT_SCROLLS)
    lena.page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert jump.is_hidden()

    newer = "**/messages?after=*"
    lena.page.route(newer, lambda route: route.abort())
    lena.page.goto(f"{lena.address}/#/channels/1/20")
    lena.page.locator(".message[data-seq='20']:focus").wait_for()
    lena.page.get_by_test_id("timeline").evaluate("timeline => timeline.scrollTo(0, timeline.scrollHeight)")
    lena.page.get_by_text("Newer messages could not be loaded.").wait_for()
    lena.page.unroute(newer)
    lena.page.get_by_role("button", name="Try again").click()
    lena.page.get_by_text("number 80.").wait_for(state="attached")

    lena.page.get_by_test_id("channel-general").click()
    until(lambda: lena.page.evaluate(TO_THE_END) < 1, what="the end to be where the channel's name leads")
    assert lena.errors == []


def test_whoever_is_led_to_a_message_at_the_end_reads_what_comes_after_it(chat: Served, chromium: Chromium) -> None:
    """Nobody is sent to the end from there, and what comes before their eyes does not count as new."""
    ada, bob = Person(chromium, chat.address, "ada"), Person(chromium, chat.other_address, "bob")
    ada.sign_up("Ada Lovelace")
    bob.sign_up("Bob Kahn")
    for number in range(30):
        ada.say(f"Line {number}")
    until(lambda: ada.has_all({"Line 29"}), what="the last line to be sent")

    ada.page.locator(".message", has_text="Line 28").get_by_test_id("permalink").click(force=True)
    until(lambda: ada.page.evaluate("document.activeElement.dataset.seq") == "29", what="the message to have the focus")
    bob.say("And then?")
    until(lambda: ada.has_all({"And then?"}), what="ada to have it")

    until(lambda: ada.page.evaluate(TO_THE_END) < 1, what="the end of the channel in view")
    ada.page.get_by_test_id("jump-to-latest").wait_for(state="hidden")
    ada.page.get_by_test_id("channel-general").get_by_test_id("unread").wait_for(state="detached")


def test_a_link_to_a_reply_leads_to_it_within_its_thread(chat: Served, chromium: Chromium) -> None:
    """Row 12: a message's address, or a hit of the search, is no way to the end of a long thread."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    ada.ask("channels/1/messages", {"client_id": str(uuid4()), "text": "The root"})
    for number in range(30):
        reply = {"client_id": str(uuid4()), "text": f"Reply {number}", "thread": 1}
        ada.page.context.request.post(
            f"{ada.address}/api/v1/channels/1/messages", data=reply, headers={"origin": ada.address}
        )

    ada.page.goto(f"{ada.address}/#/channels/1/5")

    sought = ada.page.get_by_test_id("thread").locator(".message", has_text="Reply 3")
    sought.wait_for()
    until(lambda: ada.page.evaluate("document.activeElement.dataset.seq") == "5", what="the reply to have the focus")
    box, panel = sought.bounding_box(), ada.page.locator(".thread-scroll").bounding_box()
    assert box is not None
    assert panel is not None
    assert panel["y"] < box["y"] < panel["y"] + panel["height"]
    assert ada.errors == []


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


def test_a_thread_that_is_open_is_not_fetched_again_by_whoever_opens_it_again(chat: Served, chromium: Chromium) -> None:
    """Its replies stay where they are."""
    mira = Person(chromium, chat.address, "mira")
    mira.sign_up("Mira Okafor")
    mira.say("Root")
    until(lambda: mira.has_all({"Root"}), what="the message to be sent")
    asked: list[str] = []
    mira.page.on("request", lambda request: "/threads/" in request.url and asked.append(request.url))
    mira.open_thread()
    composer = mira.page.get_by_test_id("thread-composer")
    composer.fill("Reply")
    composer.press("Enter")

    mira.page.get_by_test_id("timeline").get_by_test_id("replies").click()

    mira.page.get_by_test_id("thread").get_by_text("Reply", exact=True).wait_for()
    mira.say("After")
    until(lambda: mira.has_all({"Root", "After"}), what="what was asked for before to have gone out")
    assert len(asked) == 1
    assert mira.errors == []


def test_what_is_written_is_shown_whole_when_a_thread_takes_room_from_it(chat: Served, chromium: Chromium) -> None:
    """Its lines are more when they are shorter, whether or not the window is; nothing is measured in a loop."""
    mira = Person(chromium, chat.address, "mira")
    mira.page.add_init_script("window.loops = []; addEventListener('error', error => loops.push(error.message))")
    mira.sign_up("Mira Okafor")
    mira.say("Root")
    until(lambda: mira.has_all({"Root"}), what="the message to be sent")
    composer = mira.page.get_by_test_id("composer")
    composer.fill("Words that take a line of the window, and more of them where there is less room. " * 2)
    before = composer.bounding_box()

    mira.open_thread()

    until(lambda: composer.evaluate("box => box.clientHeight >= box.scrollHeight"), what="all of it to be in sight")
    mira.page.get_by_test_id("close-thread").click()
    until(lambda: composer.bounding_box() == before, what="the box to be as small as it was")
    mira.page.set_viewport_size({"width": 1280, "height": 200})
    until(lambda: composer.evaluate("box => box.offsetHeight <= innerHeight * 0.4 + 1"), what="the box to leave room")
    assert mira.page.evaluate("loops") == []
    assert mira.errors == []


def test_what_was_said_today_was_said_yesterday_after_midnight(chat: Served, chromium: Chromium) -> None:
    """Also where nothing happens meanwhile."""
    mira = Person(chromium, chat.address, "mira")
    mira.page.add_init_script(
        """const [wait, Real] = [window.setTimeout, Date];
        window.later = 0;
        window.setTimeout = (run, time, ...more) => {
            if (time === 60000) window.aMinutePasses = run;
            return wait(run, time, ...more);
        };
        window.Date = class extends Real {
            constructor(...at) { super(...(at.length ? at : [Real.now() + later])); }
        };"""
    )
    mira.sign_up("Mira Okafor")
    mira.say("Hello")
    until(lambda: mira.has_all({"Hello"}), what="the message to be sent")
    day = mira.page.get_by_test_id("timeline").get_by_role("separator")
    assert day.inner_text() == "Today"

    mira.page.evaluate("() => { later = 24 * 60 * 60 * 1000; aMinutePasses(); }")

    until(lambda: day.inner_text() == "Yesterday", what="the day to be yesterday")
    assert mira.errors == []
