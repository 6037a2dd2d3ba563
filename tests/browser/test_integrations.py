"""Bots, webhooks and commands on the page. Row 16."""

from pathlib import Path

import httpx
import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


def test_an_owner_makes_a_bot_a_token_and_an_address_and_the_bot_speaks_with_its_badge(
    chat: Served, chromium: Chromium, pictures: Path
) -> None:
    """Row 16: an incoming webhook. Row 5: a token with scopes, shown once."""
    ada = Person(chromium, chat.address, "ada", viewport={"width": 1280, "height": 800})
    ada.sign_up("Ada Lovelace")
    page = ada.page

    page.get_by_test_id("self").click()
    page.get_by_test_id("integrations-open").click()
    page.get_by_test_id("bot-name").fill("Build Bot")
    page.get_by_test_id("bot-handle").fill("builds")
    page.get_by_test_id("integration-submit").click()
    page.get_by_test_id("token-builds").click()
    page.get_by_test_id("token-name").fill("The build server")
    page.get_by_test_id("scope-react").uncheck()
    page.get_by_test_id("token-submit").click()
    page.get_by_text("The build server · read, send, people").wait_for()
    token = page.get_by_test_id("secret-value").inner_text()
    page.screenshot(path=pictures / "integrations-bots.png")

    page.get_by_text("Incoming", exact=True).click()
    page.get_by_test_id("hook-name").fill("CI")
    page.get_by_test_id("integration-submit").click()
    page.get_by_text("Build Bot in #general").wait_for()
    address = page.get_by_test_id("secret-value").inner_text()
    page.screenshot(path=pictures / "integrations-incoming.png")
    page.keyboard.press("Escape")

    assert httpx.post(address, json={"text": "*Build 7* is up"}).text == "ok"
    me = httpx.get(f"{chat.address}/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert (me["handle"], me["scopes"]) == ("builds", ["read", "send", "people"])
    message = page.locator(".timeline .message", has_text="Build 7 is up")
    message.get_by_test_id("bot-badge").wait_for()
    page.screenshot(path=pictures / "bot-badge.png")
    assert ada.errors == []


def test_commands_are_listed_completed_and_done(chat: Served, chromium: Chromium, pictures: Path) -> None:
    """Row 16: slash commands."""
    ada = Person(chromium, chat.address, "ada", viewport={"width": 1280, "height": 800})
    ada.sign_up("Ada Lovelace")
    composer = ada.page.get_by_test_id("composer")
    options = ada.page.locator(".composer .option")

    composer.press_sequentially("/")
    options.first.wait_for()
    assert [text.split("\n")[0] for text in options.all_inner_texts()] == [
        "/help", "/invite", "/leave", "/me", "/shrug", "/topic",
    ]  # fmt: skip
    ada.page.screenshot(path=pictures / "commands.png")
    composer.press_sequentially("sh")
    composer.press("Tab")
    assert composer.input_value() == "/shrug "
    composer.press_sequentially("who knows")
    composer.press("Enter")
    until(lambda: ada.texts() == ["who knows ¯\\_(ツ)_/¯"], what="the shrug")
    assert composer.input_value() == ""

    ada.say("/topic What comes next")
    told = ada.page.locator(".composer .told", has_text="The topic is now: What comes next")
    told.wait_for()
    assert told.get_by_text("Only you see this").is_visible()

    ada.say("/nothing of that name")
    ada.page.get_by_text("There is no command /nothing").wait_for()
    assert composer.input_value() == "/nothing of that name"

    ada.say("/etc/hosts is a file")
    until(lambda: ada.texts()[1:] == ["/etc/hosts is a file"], what="a message that begins with a slash")
    assert ada.errors == []
