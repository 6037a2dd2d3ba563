"""Private channels and conversations on the page: two people on two instances. Rows 6 and 7."""

from pathlib import Path

import httpx
import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


def create(person: Person, name: str) -> None:
    person.page.get_by_test_id("create-channel").click()
    person.page.get_by_test_id("new-channel-name").fill(name)
    person.page.get_by_test_id("new-channel-submit").click()
    person.page.get_by_label(f"Message #{name}").wait_for()
    person.page.get_by_role("dialog").wait_for(state="detached")


def test_a_private_channel_and_a_conversation_reach_the_other_person_and_are_taken_away_again(
    chat: Served, chromium: Chromium, pictures: Path
) -> None:
    """Rows 6 and 7: add, talk, take out; then a conversation that opens by itself."""
    ada, bob = Person(chromium, chat.address, "ada"), Person(chromium, chat.other_address, "bob")
    ada.sign_up("Ada Lovelace")
    bob.sign_up("Bob Kahn")

    ada.page.get_by_test_id("create-channel").click()
    ada.page.get_by_test_id("new-channel-name").fill("plans")
    ada.page.get_by_test_id("kind-private").check(force=True)
    ada.page.get_by_test_id("new-channel-submit").click()
    ada.page.get_by_test_id("channel-members").click()
    ada.page.get_by_test_id("add-people").click()
    ada.page.get_by_test_id("pick-bob").check()
    ada.page.get_by_test_id("add-submit").click()
    ada.page.get_by_test_id("remove-bob").wait_for()
    bob.page.get_by_test_id("channel-plans").click()
    bob.say("What is the plan?")
    bob.page.screenshot(path=pictures / "private.png")

    ada.page.get_by_test_id("remove-bob").click()
    bob.page.get_by_test_id("channel-plans").wait_for(state="detached")
    until(lambda: bob.page.locator("h1").inner_text() == "general", what="bob to be somewhere else")
    ada.page.keyboard.press("Escape")
    until(lambda: ada.has_all({"What is the plan?"}), what="ada to have what bob wrote")

    ada.page.get_by_test_id("new-conversation").click()
    ada.page.get_by_test_id("pick-bob").check()
    ada.page.get_by_test_id("conversation-submit").click()
    ada.page.get_by_role("heading", level=1, name="Bob Kahn", exact=True).wait_for()
    ada.say("Sorry, that was a secret")
    talk = bob.page.get_by_test_id("talk-with-ada")
    talk.wait_for()
    talk.click()
    until(lambda: bob.texts() == ["Sorry, that was a secret"], what="bob to read it")
    assert ada.errors == bob.errors == []


def test_a_guest_who_is_taken_out_of_a_channel_is_offered_nothing_that_guests_may_not(
    chat: Served, chromium: Chromium
) -> None:
    """Row 6: guests join and make no channels; they are told how they come into one."""
    ada, gus = Person(chromium, chat.address, "ada"), Person(chromium, chat.other_address, "gus")
    ada.sign_up("Ada Lovelace")
    gus.sign_up("Gus Guest")
    with httpx.Client(base_url=f"{chat.address}/api/v1", headers={"origin": chat.address}) as client:
        client.post("/session", json={"handle": "ada", "password": ada.secret}).raise_for_status()
        client.patch("/accounts/2", json={"role": "guest"}).raise_for_status()
        gus.page.get_by_test_id("create-channel").wait_for(state="hidden")
        assert not gus.page.get_by_test_id("browse-channels").is_visible()
        client.delete("/channels/1/members/2").raise_for_status()

    panel = gus.page.locator(".panel")
    panel.get_by_text("Whoever invited you can add you").wait_for()
    assert panel.get_by_role("button").count() == 0
    assert ada.errors == gus.errors == []


def test_in_an_archived_channel_nothing_is_offered_that_would_be_refused(chat: Served, chromium: Chromium) -> None:
    """Row 6: no composer, in no thread either, and of what one does with a message only what changes nothing."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    ada.page.get_by_test_id("create-channel").click()
    ada.page.get_by_test_id("new-channel-name").fill("plans")
    ada.page.get_by_test_id("new-channel-submit").click()
    ada.page.get_by_role("heading", level=1, name="plans", exact=True).wait_for()
    ada.say("What is the plan?")
    until(lambda: ada.has_all({"What is the plan?"}), what="the message to be sent")
    ada.page.locator(".message-text").hover()
    ada.page.get_by_test_id("message-react").click()
    ada.page.locator(".picker [data-emoji='👍']").click()
    ada.page.locator(".main [data-testid='reaction']:enabled").wait_for()
    ada.page.locator(".message-text").hover()
    ada.page.get_by_test_id("message-reply").click()
    ada.page.get_by_test_id("thread-composer").fill("There is")

    ada.page.get_by_test_id("channel-members").click()
    ada.page.get_by_test_id("archive-channel").click()
    ada.page.keyboard.press("Escape")
    ada.page.locator(".thread .archived-bar").wait_for()
    assert ada.page.get_by_test_id("thread-composer").is_hidden()
    ada.page.locator(".main [data-testid='reaction']:disabled").wait_for()
    ada.page.locator(".main .message-text").hover()
    ada.page.get_by_test_id("message-save").wait_for()
    offered = ada.page.locator(".message-tools button")
    assert {each.get_attribute("data-testid") for each in offered.all()} == {
        "message-save",
        "message-copy-link",
        "message-mark-unread",
    }
    assert ada.errors == []


def test_a_message_that_came_too_late_for_an_archived_channel_waits_for_the_channel(
    chat: Served, chromium: Chromium
) -> None:
    """Row 6: what was written in a tunnel would be refused again and again; it can be had, and sent later on."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    ada.ask("channels", {"name": "plans"})
    ada.page.evaluate(
        """localStorage.setItem("chorus.1.unsent.late", JSON.stringify({
            channel: 2, clientId: crypto.randomUUID(), text: "Late", at: "2026-11-23T16:00:00Z", state: "waiting" }))"""
    )
    plans = f"{ada.address}/api/v1/channels/2"
    ada.page.context.request.patch(plans, data={"archived": True}, headers={"origin": ada.address})
    ada.page.reload()

    ada.page.locator(".toast", has_text="A message in #plans was not sent.").get_by_text("Show").click()
    ada.page.get_by_text("Not sent. This channel was archived meanwhile.").wait_for()
    ada.page.get_by_test_id("copy-unsent").wait_for()
    assert ada.page.get_by_test_id("retry").count() == 0

    ada.page.context.request.patch(plans, data={"archived": False}, headers={"origin": ada.address})
    mark = ada.page.get_by_test_id("channel-plans").get_by_text("a message was not sent")
    mark.wait_for(state="attached")
    ada.page.get_by_test_id("retry").click()
    mark.wait_for(state="detached")
    until(lambda: ada.has_all({"Late"}), what="the message to be sent")
    assert ada.errors == []


GROUND = "link => getComputedStyle(link).backgroundColor"


def test_the_channel_that_is_open_is_in_sight_in_a_long_list_and_stands_out_in_colours_of_the_system(
    chat: Served, chromium: Chromium
) -> None:
    """However one came there; and though the system's colours leave no ground of the page's own."""
    ada = Person(chromium, chat.address, "ada", viewport={"width": 1280, "height": 320})
    ada.sign_up("Ada Lovelace")
    for number in range(8):
        ada.ask("channels", {"name": f"plans-{number}"})
    last, other = ada.page.get_by_test_id("channel-plans-7"), ada.page.get_by_test_id("channel-plans-6")
    last.wait_for()

    ada.page.keyboard.press("Control+k")
    ada.page.get_by_test_id("switcher").fill("plans-7")
    ada.page.keyboard.press("Enter")
    ada.page.get_by_role("heading", level=1, name="plans-7").wait_for()
    link, view = last.bounding_box(), ada.page.locator(".sidebar-scroll").bounding_box()
    assert link is not None
    assert view is not None
    assert link["y"] + link["height"] <= view["y"] + view["height"]

    ada.page.emulate_media(forced_colors="active")
    try:
        assert last.evaluate(GROUND) != other.evaluate(GROUND)
    finally:
        ada.page.emulate_media(forced_colors="none")
    assert ada.errors == []


def test_a_thread_that_goes_with_its_channel_leaves_the_focus_to_the_next_one(chat: Served, chromium: Chromium) -> None:
    """The two may be told at once; a message of the next channel may have the number of the thread's."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    create(ada, "elsewhere")
    ada.say("There")
    until(lambda: ada.has_all({"There"}), what="the message elsewhere")
    ada.page.get_by_test_id("channel-general").click()
    ada.page.get_by_label("Message #general").wait_for()
    ada.say("Root")
    until(lambda: ada.has_all({"Root"}), what="the message in #general")
    ada.open_thread()
    elsewhere = ada.page.get_by_test_id("channel-elsewhere").get_attribute("href")

    ada.page.get_by_test_id("thread-composer").focus()
    ada.page.evaluate(
        "hash => { history.replaceState(null, '', hash); dispatchEvent(new HashChangeEvent('hashchange')); }", elsewhere
    )

    ada.page.get_by_test_id("thread").wait_for(state="hidden")
    ada.page.get_by_label("Message #elsewhere").wait_for()
    assert ada.page.get_by_test_id("composer").evaluate("box => box === document.activeElement")
    assert ada.errors == []


def test_the_keys_that_lead_to_the_next_channel_are_a_dialog_s_own_while_it_is_open(
    chat: Served, chromium: Chromium
) -> None:
    """Alt and an arrow open a list of choices; the channel under the dialog changed."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    create(ada, "elsewhere")
    address = ada.page.evaluate("location.href")
    ada.page.keyboard.press("Control+k")
    ada.page.get_by_test_id("switcher").wait_for()

    ada.page.keyboard.press("Alt+ArrowDown")

    assert ada.page.evaluate("location.href") == address
    ada.page.keyboard.press("Escape")
    ada.page.get_by_role("dialog").wait_for(state="detached")
    ada.page.keyboard.press("Alt+ArrowDown")
    ada.page.get_by_label("Message #general").wait_for()
