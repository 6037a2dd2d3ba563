"""Attaching, seeing and saving files."""

from pathlib import Path

import pytest
from playwright.sync_api import Route

from browser.chromium import Chromium
from browser.person import Person
from parts.pictures import picture
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

DROP = """place => ["dragenter", "dragover", "drop"].map((type) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["what we decided"], "notes.txt", { type: "text/plain" }));
    return !place.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
})"""
"""A file comes over an element and is dropped there: which of the three events the page took from the browser."""


def test_a_picture_and_a_file_are_attached_seen_and_saved(chat: Served, chromium: Chromium, pictures: Path) -> None:
    """Row 14: on one instance they are attached, on the other they are seen."""
    ada, bob = Person(chromium, chat.address, "ada"), Person(chromium, chat.other_address, "bob")
    ada.sign_up("Ada Lovelace")
    bob.sign_up("Bob Kahn")

    ada.page.get_by_test_id("composer-files").set_input_files(
        [
            {"name": "view.png", "mimeType": "image/png", "buffer": picture("PNG", (1200, 800))},
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"what we decided"},
        ]
    )
    until(lambda: ada.page.locator(".tray-item.done").count() == 2, within=60, what="both files to have arrived")
    ada.page.get_by_test_id("composer").press("Enter")

    shown = bob.page.get_by_test_id("picture").locator("img")
    shown.wait_for()
    until(lambda: shown.evaluate("image => image.naturalWidth") == 720, within=30, what="the preview to be shown")
    with bob.page.expect_download() as saved:
        bob.page.get_by_test_id("file").click()
    assert saved.value.suggested_filename == "notes.txt"
    assert Path(saved.value.path()).read_bytes() == b"what we decided"

    bob.page.get_by_test_id("picture").click()
    full = bob.page.get_by_test_id("lightbox")
    until(lambda: full.evaluate("image => image.naturalWidth") == 1200, within=30, what="the whole picture to be shown")
    bob.page.screenshot(path=pictures / "lightbox.png")
    assert ada.errors == bob.errors == []


def test_a_file_dropped_on_a_thread_goes_with_the_reply_and_one_dropped_elsewhere_leads_nowhere(
    chat: Served, chromium: Chromium
) -> None:
    """Row 14: what the page does not take, the browser would show in the page's place."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    ada.say("Where are the notes?")
    until(lambda: ada.has_all({"Where are the notes?"}), what="the message to be sent")
    ada.page.locator(".message-text").hover()
    ada.page.get_by_test_id("message-reply").click()
    thread = ada.page.get_by_test_id("thread")
    thread.get_by_text("No replies yet").wait_for()

    assert thread.evaluate(DROP) == [True, True, True]
    thread.get_by_test_id("attachment").wait_for()
    assert ada.page.get_by_test_id("attachment").count() == 1, "the channel's own composer has none"

    assert ada.page.locator(".sidebar").evaluate(DROP)[1:] == [True, True]
    assert ada.page.get_by_test_id("attachment").count() == 1
    assert ada.errors == []


def test_on_a_phone_ten_files_leave_the_words_and_the_button_that_sends_them_in_view(
    chat: Served, chromium: Chromium
) -> None:
    """Row 14: as many as a message takes, and a notice for the one that is too many."""
    ada = Person(chromium, chat.address, "ada", viewport={"width": 360, "height": 560})
    ada.sign_up("Ada Lovelace")
    ada.page.get_by_test_id("composer-files").set_input_files(
        [{"name": f"page {number}.txt", "mimeType": "text/plain", "buffer": b"words"} for number in range(11)]
    )
    until(lambda: ada.page.locator(".tray-item.done").count() == 10, within=60, what="ten files to have arrived")
    ada.page.locator(".toast", has_text="at most 10 files").wait_for()

    for part in ("composer", "send"):
        box = ada.page.get_by_test_id(part).bounding_box()
        assert box is not None
        assert box["y"] > 56
        assert box["y"] + box["height"] <= 560


def test_whoever_sends_while_files_are_on_their_way_is_told_to_wait_and_sends_again_what_did_not_arrive(
    chat: Served, chromium: Chromium
) -> None:
    """Row 14: the notice covers nothing that they need for it, and a file need not be picked twice."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    ada.page.route("**/channels/*/files", hold, times=1)
    with ada.page.expect_request("**/channels/*/files"):
        ada.page.get_by_test_id("composer-files").set_input_files(
            [{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"what we decided"}]
        )
    ada.say("Here they are")
    notice = ada.page.locator(".toast", has_text="still on their way")
    notice.wait_for()
    assert ada.page.get_by_test_id("composer").input_value() == "Here they are"
    above, below = notice.bounding_box(), ada.page.locator(".main .composer-box").bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] < below["y"]

    held[0].abort()
    ada.page.locator(".tray-item.failed").wait_for()
    ada.page.get_by_test_id("composer").press("Enter")
    ada.page.locator(".toast", has_text="A file did not reach the server").wait_for()
    ada.page.get_by_role("button", name="Try again to attach notes.txt").click()
    until(lambda: ada.page.locator(".tray-item.done").count() == 1, within=60, what="the file to have arrived")
    ada.page.get_by_test_id("composer").press("Enter")
    until(lambda: ada.has_all({"Here they are"}), what="the message to be sent")
    assert ada.errors == []
