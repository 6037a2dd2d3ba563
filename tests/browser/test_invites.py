"""Invites, devices and deactivation on the page. Rows 1, 2 and 4."""

from pathlib import Path

import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """Of a chat that one is invited to."""
    return {**environment, "CHORUS_SIGN_UP": "invite"}


def test_an_owner_invites_somebody_by_a_link_and_signs_them_out_for_good(
    chat: Served, chromium: Chromium, pictures: Path
) -> None:
    """Row 1: a later account needs a link. Row 2: deactivation ends what they have open, at once."""
    ada, bob = (Person(chromium, chat.address, handle) for handle in ("ada", "bob"))
    ada.sign_up_on_the_page("Ada Lovelace")

    bob.page.goto(chat.address)
    bob.page.get_by_text("Ask somebody who runs this server for an invite link").wait_for()

    ada.page.get_by_test_id("intro-invite").click()
    ada.page.get_by_test_id("invite-submit").click()
    link = ada.page.get_by_test_id("invite-link").inner_text()
    ada.page.screenshot(path=pictures / "invites.png")
    ada.page.keyboard.press("Escape")

    bob.page.goto(link)
    bob.page.reload()
    bob.page.get_by_text("Ada Lovelace invites you.").wait_for()
    bob.fill_in(handle="bob", name="Bob Kahn", password=bob.secret)

    bob.page.wait_for_load_state("networkidle")  # or it might be an answer that tells him, with other words

    ada.page.get_by_test_id("browse-people").click()
    ada.page.get_by_test_id("manage-people").click()
    ada.page.once("dialog", lambda dialog: dialog.accept())
    ada.page.get_by_test_id("deactivate-bob").click()
    bob.page.get_by_text("You were signed out on this device.").wait_for()
    ada.page.get_by_test_id("reactivate-bob").wait_for()
    until(lambda: ada.errors == bob.errors == [], what="no error of a page")


def test_a_device_is_signed_out_from_another_one(chat: Served, chromium: Chromium) -> None:
    """Row 4. Its button says to a screen reader which one it ends, as to the eye the line that it stands in."""
    desk, left_behind = (Person(chromium, chat.address, "ada") for _ in range(2))
    desk.sign_up("Ada Lovelace")
    left_behind.sign_in(desk.secret)

    desk.page.get_by_test_id("self").click()
    desk.page.get_by_test_id("own-account").click()
    desk.page.get_by_role("button", name="Sign out Chrome on Linux, seen ").click()

    left_behind.page.get_by_text("You were signed out on this device.").wait_for()
    until(lambda: desk.page.get_by_test_id("devices").locator("li").count() == 1, what="the other device to be gone")
    assert desk.online()
