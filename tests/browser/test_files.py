"""Attaching, seeing and saving files."""

from pathlib import Path

import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.pictures import picture
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


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
