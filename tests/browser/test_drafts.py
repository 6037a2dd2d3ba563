"""What was begun to be written: in two tabs of one browser, and in another channel meanwhile."""

import pytest
from playwright.sync_api import Page, Route

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

COMMANDS = "**/channels/*/commands"


def test_what_one_tab_writes_and_sends_the_other_tab_shows_and_does_not_offer_again(
    chat: Served, chromium: Chromium
) -> None:
    """Row 9: a draft is in both tabs; once it is sent from one, neither could send it a second time."""
    mira = Person(chromium, chat.address, "mira")
    mira.sign_up("Mira Okafor")
    beside = mira.page.context.new_page()
    beside.goto(mira.page.url)
    other = beside.get_by_test_id("composer")
    other.wait_for()

    mira.page.get_by_test_id("composer").fill("Lunch at one?")
    until(lambda: other.input_value() == "Lunch at one?", what="the draft to be in the other tab")

    mira.page.get_by_test_id("composer").press("Enter")
    until(lambda: other.input_value() == "", what="the draft to be gone from the other tab")
    assert mira.errors == []


def test_a_command_that_is_refused_while_another_channel_is_on_show_is_there_to_be_mended(
    chat: Served, chromium: Chromium
) -> None:
    """Row 9: what was typed comes back where it was typed, and not where one is by now."""
    mira = Person(chromium, chat.address, "mira")
    mira.sign_up("Mira Okafor")
    mira.ask("channels", {"name": "plans"})
    held = kept_back(mira.page)
    composer = mira.page.get_by_test_id("composer")
    with mira.page.expect_request(COMMANDS):
        mira.say("/deplo all of it")
    mira.page.get_by_test_id("channel-plans").click()
    mira.page.get_by_role("heading", level=1, name="plans", exact=True).wait_for()
    held[0].continue_()
    mira.page.get_by_text("There is no command /deplo").wait_for()

    assert composer.input_value() == ""
    mira.page.get_by_test_id("channel-general").click()
    until(lambda: composer.input_value() == "/deplo all of it", what="the command to be back")
    assert mira.errors == []


def test_what_a_command_tells_is_shown_in_the_channel_it_was_typed_in(chat: Served, chromium: Chromium) -> None:
    """Row 16: to whoever has gone to another one meanwhile, when they are back."""
    mira = Person(chromium, chat.address, "mira")
    mira.sign_up("Mira Okafor")
    mira.ask("channels", {"name": "plans"})
    held = kept_back(mira.page)
    told = mira.page.locator(".composer .told", has_text="/shrug")
    with mira.page.expect_request(COMMANDS):
        mira.say("/help")
    mira.page.get_by_test_id("channel-plans").click()
    mira.page.get_by_role("heading", level=1, name="plans", exact=True).wait_for()
    with mira.page.expect_response(COMMANDS):
        held[0].continue_()
    assert not told.is_visible()

    mira.page.get_by_test_id("channel-general").click()
    told.wait_for()
    mira.page.get_by_test_id("channel-plans").click()
    told.wait_for(state="hidden")
    assert mira.errors == []


def test_what_a_command_tells_in_a_thread_that_was_closed_is_there_when_it_is_opened(
    chat: Served, chromium: Chromium
) -> None:
    """Row 16."""
    mira = Person(chromium, chat.address, "mira")
    mira.sign_up("Mira Okafor")
    mira.say("Root")
    until(lambda: mira.has_all({"Root"}), what="the message to be sent")
    held = kept_back(mira.page)
    mira.open_thread()
    composer = mira.page.get_by_test_id("thread-composer")
    with mira.page.expect_request(COMMANDS):
        composer.fill("/help")
        composer.press("Enter")
    mira.page.get_by_test_id("close-thread").click()
    with mira.page.expect_response(COMMANDS):
        held[0].continue_()

    mira.open_thread()

    mira.page.locator(".thread .told", has_text="/shrug").wait_for()
    assert mira.errors == []


def kept_back(page: Page) -> list[Route]:
    """The next command that is asked for, once it is: it goes on when the test lets it."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(COMMANDS, hold, times=1)
    return held
