"""Whose a page is: the tabs of a browser share its session, whatever each of them shows."""

import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


def test_a_tab_gives_way_to_the_account_that_is_signed_in_in_another_one(chat: Served, chromium: Chromium) -> None:
    """Its page would else do everything in the other's name: also what was being written is not the other's."""
    bob, ada = Person(chromium, chat.address, "bob"), Person(chromium, chat.address, "ada")
    bob.sign_up("Bob Kahn")
    ada.sign_up("Ada Lovelace")
    beside = ada.page.context.new_page()
    beside.goto(ada.address)
    composer = beside.get_by_test_id("composer")
    composer.fill("Only Ada's")

    ada.ask("session", {"handle": "bob", "password": bob.secret})
    ada.page.reload()
    ada.wait_online()

    beside.get_by_test_id("self").get_by_text("Bob Kahn").wait_for()
    beside.get_by_text("Another account was signed in").wait_for()
    until(lambda: composer.input_value() == "", what="what Ada wrote to be gone")
    composer.fill("Bob's own")
    until(lambda: bob.page.get_by_test_id("composer").input_value() == "Bob's own", what="Bob's draft to be his")
    assert ada.errors == bob.errors == []


def test_what_is_open_over_the_page_goes_with_the_session(chat: Served, chromium: Chromium) -> None:
    """The form that asks to sign in can be used, and nothing of the account is left to be read."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    ada.page.get_by_test_id("self").click()
    ada.page.get_by_test_id("own-account").click()
    ada.page.get_by_test_id("devices").locator("li").wait_for()

    ada.page.context.request.delete(f"{ada.address}/api/v1/session", headers={"origin": ada.address})

    ada.page.get_by_text("You were signed out on this device.").wait_for()
    assert ada.page.get_by_role("dialog").count() == 0
    ada.fill_in(handle="ada", password=ada.secret)
    assert ada.errors == []
