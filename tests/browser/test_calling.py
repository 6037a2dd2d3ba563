"""Calling people with an @ and naming channels with a #, which offer those that one sees, and emoji by name.

Rows 10, 15 and 2.
"""

from pathlib import Path

import httpx
import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


def offered(person: Person) -> list[str]:
    return person.page.locator(".composer .option strong").all_inner_texts()


def chosen(person: Person) -> str | None:
    """What a screen reader says is chosen of the list of the field that has the focus."""
    return person.page.evaluate(
        r"""() => {
            const field = document.activeElement;
            const list = document.getElementById(field.getAttribute("aria-controls"));
            if (field.ariaHasPopup !== "listbox" || list?.role !== "listbox" || list.hidden) return null;
            const option = document.getElementById(field.getAttribute("aria-activedescendant"));
            if (option.role !== "option" || option.ariaSelected !== "true") return null;
            return option.innerText.replace(/\s+/g, " ");
        }"""
    )


def test_an_at_offers_people_and_the_one_chosen_is_called(chat: Served, chromium: Chromium, pictures: Path) -> None:
    """Row 10: by the keyboard and by a click; Enter sends when there is nothing left to complete."""
    ada, bob = Person(chromium, chat.address, "ada"), Person(chromium, chat.other_address, "bob")
    ada.sign_up("Ada Lovelace")
    bob.sign_up("Bob Stone")
    composer = bob.page.get_by_test_id("composer")

    composer.press_sequentially("Morning @lov")
    until(lambda: offered(bob) == ["@ada"], what="ada to be offered by her name")
    composer.press("Enter")
    assert composer.input_value() == "Morning @ada "
    assert offered(bob) == []
    composer.press_sequentially("and @")
    until(lambda: offered(bob) == ["@ada", "@channel", "@here"], what="everybody to be offered")
    bob.page.screenshot(path=pictures / "calls.png")
    composer.press("ArrowDown")
    composer.press("Tab")
    composer.press_sequentially("@her")
    bob.page.locator(".composer .option").click()
    assert composer.input_value() == "Morning @ada and @channel @here "
    composer.press_sequentially(":part")
    until(lambda: chosen(bob) == "🥳 :partying_face:", what="an emoji to be offered, and said to be chosen")
    composer.press("ArrowDown")
    until(lambda: chosen(bob) != "🥳 :partying_face:", what="the next one")
    composer.press("ArrowUp")
    composer.press("Enter")
    assert chosen(bob) is None
    composer.press_sequentially("@ada")
    composer.press("Home")
    bob.page.get_by_test_id("composer-emoji").click()
    bob.page.screenshot(path=pictures / "emoji.png")
    bob.page.get_by_test_id("emoji-search").press("ArrowDown")
    bob.page.keyboard.press("ArrowRight")
    bob.page.keyboard.press("Enter")
    assert composer.input_value() == "👎Morning @ada and @channel @here 🥳 @ada"
    composer.press("Enter")

    until(lambda: bob.texts() == ["👎Morning @ada and @channel @here 🥳 @ada"], what="the message")
    ada.page.locator(".mention.me").first.wait_for()
    assert ada.errors == bob.errors == []


def test_a_channel_that_is_named_is_a_way_to_it_for_those_who_see_it(
    chat: Served, chromium: Chromium, pictures: Path
) -> None:
    """A private one's name is a word like any other for everybody else, and in code nobody's is a way."""
    ada, bob = Person(chromium, chat.address, "ada"), Person(chromium, chat.other_address, "bob")
    ada.sign_up("Ada Lovelace")
    bob.sign_up("Bob Stone")
    with httpx.Client(base_url=f"{chat.address}/api/v1", headers={"origin": chat.address}) as client:
        client.post("/session", json={"handle": "ada", "password": "a long secret of ada"}).raise_for_status()
        client.post("/channels", json={"name": "tea", "topic": "Green, mostly"}).raise_for_status()
        client.post("/channels", json={"name": "team-plans", "kind": "private"}).raise_for_status()
    ada.page.get_by_test_id("channel-team-plans").wait_for()
    composer = ada.page.get_by_test_id("composer")

    composer.press_sequentially("From #plan")
    until(lambda: offered(ada) == ["#team-plans"], what="the private channel to be offered to whoever is in it")
    composer.press("Enter")
    composer.press_sequentially("to #te")
    until(lambda: offered(ada) == ["#tea", "#team-plans"], what="both channels")
    ada.page.screenshot(path=pictures / "places.png")
    composer.press("Tab")
    composer.press_sequentially("and not `#tea`")
    composer.press("Enter")

    def ways(person: Person) -> list[str]:
        return person.page.locator(".message-text a.place").all_inner_texts()

    until(lambda: ways(ada) == ["#team-plans", "#tea"], what="two ways")
    until(lambda: bob.texts() == ["From #team-plans to #tea and not #tea"], what="the message to reach bob")
    assert ways(bob) == ["#tea"]
    bob.page.locator(".message-text a.place").click()
    until(lambda: bob.page.locator("h1").inner_text() == "tea", what="the channel to open")
    assert ada.errors == bob.errors == []


def test_a_guest_is_offered_those_who_share_a_channel_with_it_from_the_moment_they_do(
    chat: Served, chromium: Chromium
) -> None:
    """Row 2: on the page, without loading it again."""
    ada, bob, gus = [Person(chromium, chat.address, handle) for handle in ("ada", "bob", "gus")]
    ada.sign_up("Ada Lovelace")
    bob.sign_up("Bob Stone")
    with httpx.Client(base_url=f"{chat.address}/api/v1", headers={"origin": chat.address}) as client:
        client.post("/session", json={"handle": "ada", "password": "a long secret of ada"}).raise_for_status()
        work = client.post("/channels", json={"name": "work", "kind": "private"}).json()["id"]
        gus.sign_up("Gus Guest")
        client.patch("/accounts/3", json={"role": "guest"}).raise_for_status()
        for method, path in (("PUT", f"/channels/{work}/members/3"), ("DELETE", "/channels/1/members/3")):
            client.request(method, path).raise_for_status()
        gus.page.get_by_test_id("channel-work").click()
        composer = gus.page.get_by_test_id("composer")
        composer.press_sequentially("@")
        until(lambda: offered(gus) == ["@ada", "@channel", "@here"], what="ada alone to be offered")

        client.put(f"/channels/{work}/members/2").raise_for_status()
        until(lambda: _again(gus) == ["@ada", "@bob", "@channel", "@here"], what="bob to be offered")
        client.delete(f"/channels/{work}/members/2").raise_for_status()
        until(lambda: _again(gus) == ["@ada", "@channel", "@here"], what="bob to be offered no more")
    assert ada.errors == bob.errors == gus.errors == []


def _again(person: Person) -> list[str]:
    """What is offered to whoever types it now."""
    composer = person.page.get_by_test_id("composer")
    composer.fill("")
    composer.press_sequentially("@")
    return offered(person)
