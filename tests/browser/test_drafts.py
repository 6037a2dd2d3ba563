"""What was begun to be written, in two tabs of one browser."""

import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


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
