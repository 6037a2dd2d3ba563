"""Administration on the page: the audit log, and how long messages are kept."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


def test_an_owner_reads_what_was_done_and_says_how_long_a_channel_is_kept(
    chat: Served, chromium: Browser, pictures: Path
) -> None:
    """Row 17: the audit log tells of it, the newest first."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    ada.page.on("dialog", lambda dialog: dialog.accept())

    ada.page.get_by_test_id("channel-members").click()
    ada.page.get_by_test_id("retention-channel").select_option("30")
    until(lambda: len(ada.page.evaluate(_AUDIT)) == 1, what="the change to be stored")
    ada.page.keyboard.press("Escape")
    ada.page.get_by_test_id("self").click()
    ada.page.get_by_test_id("administration-open").click()

    ada.page.locator("[data-act='retention.changed']").wait_for()
    assert (
        "Ada Lovelace changed how long messages are kept in #general" in ada.page.get_by_test_id("audit").inner_text()
    )
    assert ada.page.get_by_test_id("retention-server").input_value() == "0"
    ada.page.screenshot(path=pictures / "administration.png")
    ada.page.get_by_test_id("audit-kind").select_option("invite.")
    ada.page.get_by_text("Nothing yet.").wait_for()
    assert ada.errors == []


_AUDIT = "fetch('/api/v1/audit').then(answer => answer.json()).then(page => page.lines)"
