"""Administration on the page: the audit log, and how long messages are kept."""

import json
import zipfile
from pathlib import Path

import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser


def test_an_owner_reads_what_was_done_and_says_how_long_a_channel_is_kept(
    chat: Served, chromium: Chromium, pictures: Path
) -> None:
    """Row 17: the audit log tells of it, the newest first."""
    ada = Person(chromium, chat.address, "ada")
    ada.sign_up("Ada Lovelace")
    ada.page.once("dialog", lambda dialog: dialog.accept())

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


def test_an_owner_takes_out_a_channel_and_a_member_what_is_theirs(
    chat: Served, chromium: Chromium, tmp_path: Path
) -> None:
    """Row 17: an archive in the browser's downloads; and one that may not begin says so in the dialog."""
    ada, bob = Person(chromium, chat.address, "ada"), Person(chromium, chat.other_address, "bob")
    ada.sign_up("Ada Lovelace")
    bob.sign_up("Bob Stone")
    ada.say("for everybody")
    bob.say("mine")
    until(lambda: {"for everybody", "mine"} <= set(ada.texts()), what="both to be there")

    ada.page.get_by_test_id("self").click()
    ada.page.get_by_test_id("administration-open").click()
    ada.page.get_by_test_id("export-what").select_option(label="#general")
    assert taken(ada, "export", tmp_path) == {"for everybody", "mine"}
    bob.page.get_by_test_id("self").click()
    bob.page.get_by_test_id("own-account").click()
    assert taken(bob, "export-own", tmp_path) == {"mine"}
    bob.page.evaluate("async () => { for (let n = 0; n < 4; n++) await (await fetch('/api/v1/me/export')).blob(); }")
    bob.page.get_by_test_id("export-own").click()
    bob.page.get_by_text("An export is on its way, or there were many. Try again in").wait_for()
    assert ada.errors == bob.errors == []


def taken(person: Person, testid: str, folder: Path) -> set[str]:
    """What was said, by the archive that a button gives."""
    with person.page.expect_download() as download:
        person.page.get_by_test_id(testid).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        logs = [name for name in archive.namelist() if name.startswith("log/")]
        return {json.loads(line)["text"] for name in logs for line in archive.read(name).splitlines()}
