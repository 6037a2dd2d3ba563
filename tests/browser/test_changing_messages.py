"""What people do with messages that are there: edit, delete, react, reply, call each other."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


def message(person: Person, text: str) -> Locator:
    """The row in the channel with this text."""
    return person.page.locator(".main .message", has_text=text)


def use(person: Person, text: str, tool: str) -> None:
    """Point at the message and press one of its tools."""
    message(person, text).locator(".message-text").hover()
    message(person, text).get_by_test_id(f"message-{tool}").click()


def pick(person: Person, text: str, emoji: str) -> None:
    use(person, text, "react")
    person.page.locator(f".picker [data-emoji='{emoji}']").click()


def reaction(person: Person, text: str, emoji: str) -> Locator:
    return message(person, text).locator(f"[data-testid=reaction][data-emoji='{emoji}']")


LISTENING = """() => {
    window.notifications = [];
    window.Notification = class {
        static permission = "granted";
        static async requestPermission() { return "granted"; }
        constructor(title, { body }) { Object.assign(this, { title, body }); notifications.push(this); }
        close() {}
    };
    document.hasFocus = () => false;
}"""
"""Stands for the desktop, and for a reader who looks elsewhere."""


def told(person: Person) -> list[list[str]]:
    return person.page.evaluate("notifications.map(({ title, body }) => [title, body])")


def editor_offers(person: Person, name: str) -> Locator:
    return person.page.locator(".editor .option", has_text=name)


@pytest.fixture
def two(chat: Served, chromium: Chromium) -> tuple[Person, Person]:
    """Ada and Bob on two instances."""
    ada, bob = Person(chromium, chat.address, "ada"), Person(chromium, chat.other_address, "bob")
    ada.sign_up("Ada Lovelace")
    bob.sign_up("Bob Kahn")
    return ada, bob


def test_two_people_edit_react_reply_and_delete(two: tuple[Person, Person], pictures: Path) -> None:
    """Row 9: what one does with a message, the other sees at once, and finds again after a reload."""
    ada, bob = two
    ada.say("Shall we meet on thursday?")
    ada.say("Forget this one")
    until(lambda: bob.has_all({"Shall we meet on thursday?", "Forget this one"}), what="bob to have both")

    use(bob, "thursday", "react")
    bob.page.get_by_test_id("emoji-search").press_sequentially("llama")
    bob.page.get_by_text("No emoji of this name").wait_for()
    bob.page.get_by_test_id("emoji-search").fill("octop")
    bob.page.locator(".picker [data-emoji='🐙']").wait_for()
    bob.page.get_by_test_id("emoji-search").press("Enter")
    reaction(ada, "thursday", "🐙").wait_for()
    pick(bob, "thursday", "👍")
    reaction(ada, "thursday", "👍").wait_for()
    assert reaction(ada, "thursday", "👍").get_attribute("aria-pressed") == "false"
    reaction(ada, "thursday", "👍").click()
    until(lambda: "2" in reaction(bob, "thursday", "👍").inner_text(), what="two thumbs up")

    use(bob, "thursday", "reply")
    reply = bob.page.get_by_test_id("thread-composer")
    reply.press_sequentially("At *nine*, as always, @lov")
    bob.page.get_by_test_id("thread").locator(".option", has_text="@ada").click()
    assert reply.input_value() == "At *nine*, as always, @ada "
    reply.press("Enter")
    bob.page.get_by_test_id("thread").get_by_text("nine").wait_for()
    message(ada, "thursday").get_by_test_id("replies").click()
    ada.page.get_by_test_id("thread").get_by_text("nine").wait_for()
    reply.fill("Or ten?")
    reply.press("Enter")
    ada.page.get_by_test_id("announcer").get_by_text("Bob Kahn: Or ten?").wait_for(state="attached")
    assert len(ada.page.locator(".main .message").all()) == 2
    ada.page.screenshot(path=pictures / "thread.png")

    ada.page.get_by_test_id("close-thread").click()
    use(ada, "thursday", "edit")
    ada.page.get_by_test_id("editor").fill("Shall we meet on Friday, @bob?")
    ada.page.get_by_test_id("editor").press("Enter")
    message(bob, "on Friday").locator(".edited-mark").wait_for()
    assert message(bob, "on Friday").locator(".mention.me").inner_text() == "@bob"

    use(ada, "Forget this one", "delete")
    ada.page.get_by_test_id("confirm-delete").click()
    bob.page.locator(".main .tombstone").wait_for()
    bob.page.screenshot(path=pictures / "changed.png")

    bob.page.reload()
    bob.wait_online()
    message(bob, "on Friday").get_by_test_id("replies").wait_for()
    until(lambda: "2" in reaction(bob, "on Friday", "👍").inner_text(), what="the reactions after a reload")
    assert bob.texts() == ["Shall we meet on Friday, @bob? (edited)", "This message was deleted"]
    assert ada.errors == bob.errors == []


def test_up_in_an_empty_composer_edits_the_last_message_and_escape_leaves_it(two: tuple[Person, Person]) -> None:
    """Row 9: edits; rows 10 and 15: an @ and a colon offer there what they offer in the composer."""
    ada, _ = two
    ada.say("A mistaek")
    until(lambda: ada.has_all({"A mistaek"}), what="the message to be sent")

    ada.page.get_by_test_id("composer").press("ArrowUp")
    ada.page.get_by_test_id("editor").fill(" ")
    assert ada.page.get_by_test_id("save-edit").is_disabled(), "nothing cannot be saved"
    ada.page.get_by_test_id("editor").fill("thrown away")
    assert ada.page.get_by_test_id("save-edit").is_enabled()
    ada.page.get_by_test_id("editor").press("Escape")
    ada.page.get_by_test_id("editor").wait_for(state="detached")
    assert ada.texts() == ["A mistaek"]

    ada.page.get_by_test_id("composer").press("ArrowUp")
    editor = ada.page.get_by_test_id("editor")
    editor.fill("A mistake ")
    editor.press_sequentially("@ka")
    editor_offers(ada, "@bob").wait_for()
    editor.press("Escape")
    editor_offers(ada, "@bob").wait_for(state="detached")
    editor.press_sequentially("h")
    editor_offers(ada, "@bob").wait_for()
    editor.press("Tab")
    editor.press_sequentially(":tad")
    editor_offers(ada, ":tada:").click()
    assert editor.input_value() == "A mistake @bob 🎉 "
    editor.press("Control+b")
    editor.press_sequentially("bold")
    assert editor.input_value() == "A mistake @bob 🎉 **bold**"
    editor.press("Enter")
    until(lambda: ada.texts() == ["A mistake @bob 🎉 bold (edited)"], what="the edit to be shown")


def test_a_mention_shows_beside_the_channel_until_it_is_read_and_again_when_marked_unread(
    two: tuple[Person, Person],
) -> None:
    """Row 10: mention counts and "mark unread from here"; who is not looking is told on the desktop, if they want."""
    ada, bob = two
    bob.page.get_by_test_id("create-channel").click()
    bob.page.locator("dialog input").first.fill("elsewhere")
    bob.page.locator("dialog").get_by_role("button", name="Create", exact=False).last.click()
    bob.page.get_by_test_id("channel-elsewhere").wait_for()
    general = bob.page.get_by_test_id("channel-general")
    bob.page.evaluate(LISTENING)
    bob.page.get_by_test_id("self").click()
    bob.page.get_by_test_id("notifications").click()
    bob.page.get_by_text("You will be notified of mentions").wait_for()

    ada.say("Nobody in particular")
    ada.say("Are you there, @bob?")
    general.get_by_test_id("mentions").wait_for()
    assert general.get_by_test_id("mentions").inner_text().startswith("@1")
    until(lambda: told(bob) == [["Ada Lovelace in #general", "Are you there, @bob?"]], what="bob to be told")

    bob.page.evaluate("() => { document.hasFocus = () => true; notifications[0].onclick(); }")
    general.get_by_test_id("mentions").wait_for(state="detached")

    ada.say("And now?")
    message(bob, "And now?").wait_for()
    assert len(told(bob)) == 1, "one who looks at the page is told nothing beside it"
    use(bob, "Are you there", "mark-unread")
    general.get_by_test_id("mentions").wait_for()
    assert general.get_by_test_id("unread").inner_text().startswith("2")


def test_a_tab_behind_tells_nothing_on_the_desktop_of_whoever_looks_at_another_one(two: tuple[Person, Person]) -> None:
    """They have it before their eyes; when they look at none of the tabs, they are told."""
    ada, bob = two
    beside = bob.page.context.new_page()
    beside.goto(bob.address)
    bob.page.evaluate(LISTENING)
    bob.page.get_by_test_id("self").click()
    bob.page.get_by_test_id("notifications").click()
    bob.page.get_by_text("You will be notified of mentions").wait_for()

    ada.say("While you look, @bob")
    message(bob, "While you look").wait_for()
    beside.get_by_test_id("message").get_by_text("While you look").wait_for()
    beside.evaluate("() => { document.hasFocus = () => false; dispatchEvent(new Event('blur')); }")
    ada.say("While you do not, @bob")

    until(lambda: told(bob) != [], what="bob to be told")
    assert told(bob) == [["Ada Lovelace in #general", "While you do not, @bob"]]


def test_the_focus_stays_at_the_message_that_is_changed_and_what_is_typed_there_is_a_message(
    two: tuple[Person, Person],
) -> None:
    """Whoever uses the keyboard is not sent back to the start of the page by each reaction and each deletion."""
    ada, _ = two
    for text in ("First", "Second"):
        ada.say(text)
    until(lambda: ada.has_all({"First", "Second"}), what="both to be sent")
    focused = ada.page.locator(":focus")

    message(ada, "First").focus()
    message(ada, "First").get_by_test_id("message-react").press("Enter")
    ada.page.locator(".picker [data-emoji='👍']").press("Enter")
    reaction(ada, "First", "👍").wait_for()
    assert focused.get_attribute("data-testid") == "message-react"
    message(ada, "First").get_by_test_id("message-delete").press("Enter")
    ada.page.get_by_test_id("confirm-delete").press("Enter")
    message(ada, "This message was deleted").wait_for()
    assert focused.get_attribute("data-seq") == "1"

    ada.page.keyboard.press("ArrowDown")
    message(ada, "Second").get_by_test_id("message-pin").press("Enter")
    message(ada, "Second").get_by_text("Pinned").wait_for()
    message(ada, "Second").get_by_test_id("message-reply").press("Enter")
    ada.page.get_by_test_id("thread-composer").fill("A reply")
    ada.page.keyboard.press("Enter")
    message(ada, "Second").get_by_test_id("replies").wait_for()
    ada.page.keyboard.press("Escape")
    ada.page.get_by_test_id("thread").wait_for(state="hidden")
    assert focused.get_attribute("data-seq") == "2"
    ada.page.get_by_role("button", name="Channel menu").press("Enter")
    ada.page.get_by_test_id("channel-pins").press("Enter")
    ada.page.get_by_role("dialog").get_by_role("button", name="Unpin").press("Enter")
    ada.page.get_by_text("Nothing is pinned here yet.").wait_for()
    assert focused.get_attribute("aria-label") == "Pinned messages"
    ada.page.keyboard.press("Escape")
    message(ada, "Second").focus()

    ada.page.keyboard.type("@chan")
    ada.page.keyboard.press("Tab")
    ada.page.keyboard.press("Control+b")
    assert ada.page.get_by_test_id("composer").input_value() == "@channel ****"
    ada.page.keyboard.press("Control+z")
    assert ada.page.get_by_test_id("composer").input_value() == "@channel "
    ada.page.keyboard.press("Control+z")
    assert ada.page.get_by_test_id("composer").input_value() == "@chan"
    assert ada.errors == []


def test_an_edit_that_is_asked_for_twice_is_one_and_can_be_left(two: tuple[Person, Person]) -> None:
    """Row 9: the arrow from the empty composer leads to it however often."""
    ada, _ = two
    ada.say("Hello")
    until(lambda: ada.has_all({"Hello"}), what="the message to be sent")
    composer, editor = ada.page.get_by_test_id("composer"), ada.page.get_by_test_id("editor")
    for _ in range(2):
        composer.press("ArrowUp")
        editor.wait_for()

    editor.press("Escape")

    editor.wait_for(state="detached")
    assert ada.errors == []


def test_an_edit_stays_where_it_is_while_others_react_and_is_there_when_one_comes_back(
    two: tuple[Person, Person],
) -> None:
    """Row 9: what is typed goes where the caret was; one comes back from another channel, or loads the page."""
    ada, bob = two
    ada.page.get_by_test_id("create-channel").click()
    ada.page.locator("dialog input").first.fill("elsewhere")
    ada.page.locator("dialog").get_by_role("button", name="Create", exact=False).last.click()
    ada.page.get_by_role("heading", level=1, name="elsewhere", exact=True).wait_for()
    ada.page.get_by_test_id("channel-general").click()
    ada.page.get_by_role("heading", level=1, name="general", exact=True).wait_for()
    ada.say("We meet on thursday at nine")
    ada.say("And then?")
    until(lambda: bob.has_all({"We meet on thursday at nine", "And then?"}), what="bob to have both")

    use(ada, "thursday", "edit")
    editor = ada.page.get_by_test_id("editor")
    for _ in "at nine":
        editor.press("ArrowLeft")
    pick(bob, "thursday", "👍")
    ada.page.locator(".edited-now [data-emoji='👍']").wait_for()
    ada.page.keyboard.type("or Friday ")
    assert editor.input_value() == "We meet on thursday or Friday at nine"

    ada.page.get_by_test_id("channel-elsewhere").click()
    editor.wait_for(state="detached")
    ada.page.get_by_test_id("channel-general").click()
    editor.fill("x" * 16_001)
    ada.page.locator(".editor").get_by_text("1 character too many").wait_for()
    assert ada.page.get_by_test_id("save-edit").is_disabled()
    editor.fill("We meet on thursday or Friday at nine")
    ada.page.reload()
    ada.wait_online()
    assert editor.input_value() == "We meet on thursday or Friday at nine"
    editor.press("Enter")
    message(bob, "or Friday").locator(".edited-mark").wait_for()
    editor.wait_for(state="detached")
    ada.page.reload()
    message(ada, "or Friday").locator(".edited-mark").wait_for()
    assert editor.count() == 0
    assert ada.errors == bob.errors == []


def test_an_edit_that_takes_long_to_be_saved_ends_no_other(two: tuple[Person, Person]) -> None:
    """Row 9: on a slow network, one goes on to the next message meanwhile."""
    ada, _ = two
    ada.say("One")
    ada.say("Two")
    until(lambda: ada.has_all({"One", "Two"}), what="both to be sent")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    ada.page.route("**/messages/*", hold, times=1)

    use(ada, "One", "edit")
    ada.page.get_by_test_id("editor").fill("One, better")
    with ada.page.expect_request("**/messages/*"):
        ada.page.get_by_test_id("editor").press("Enter")
    use(ada, "Two", "edit")
    other = message(ada, "Two").get_by_test_id("editor")
    other.fill("Two, better")
    held[0].continue_()
    message(ada, "One, better").locator(".edited-mark").wait_for()

    assert ada.page.get_by_test_id("editor").input_value() == "Two, better"


def test_where_fingers_type_enter_begins_a_line_of_an_edit(two: tuple[Person, Person]) -> None:
    """Row 9, on a phone: as in the composer, since there is no Shift + Enter."""
    ada, _ = two
    ada.say("Milk")
    until(lambda: ada.has_all({"Milk"}), what="the message to be sent")
    fingers = ada.page.context.new_cdp_session(ada.page)
    fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        ada.page.get_by_test_id("composer").press("ArrowUp")
        ada.page.get_by_test_id("editor").press("End")
        ada.page.get_by_test_id("editor").press("Enter")
        ada.page.keyboard.type("Bread")

        assert ada.page.get_by_test_id("editor").input_value() == "Milk\nBread"
    finally:
        fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
        fingers.detach()
