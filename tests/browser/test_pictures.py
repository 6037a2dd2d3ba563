"""Pictures of the real page on a server that `chorus demo` filled: CI keeps them, `make pictures` puts some into docs/.

CHORUS_TEST_PICTURES=docs takes them of a whole team, with all that it says, and writes those that the pages show.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page

from browser.barriers import barriers
from browser.chromium import Chromium
from browser.person import Person
from parts import commands
from parts.databases import fresh_sqlite
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

SECRET = "a long secret of everyone"
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "scale": 2}
WHOLE = os.environ.get("CHORUS_TEST_PICTURES") == "docs"
SIZE = "--people 100 --channels 20 --messages 50000" if WHOLE else "--people 12 --channels 9 --messages 300"

FORMS = [
    pytest.param(DESK, "light", id="desk"),
    pytest.param(PHONE, "dark", id="phone-dark"),
    *([pytest.param(DESK, "dark", id="desk-dark"), pytest.param(PHONE, "light", id="phone")] if WHOLE else []),
]
"""Of the page."""

CHANNEL = "engineering"
"""In view."""

SHOWN = [
    f"{name}{scheme}"
    for name in ("chat", "chat-phone", "integrations-phone", "administration-phone")
    for scheme in ("", "-dark")
]
"""Those that the pages show."""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """The chat with a believable team in it, and its owner's handle."""
    folder = tmp_path_factory.mktemp("team")
    environment = {"CHORUS_HOME": str(folder), "DATABASE_URL": fresh_sqlite(folder), "SOCKET_IO_REDIS_ADAPTER": "false"}
    words = ("demo", *SIZE.split(), "--seed", "1", "--password", SECRET, "--json")
    filled = commands.run(words, cwd=folder, env={**os.environ, **environment}, timeout=250)
    assert filled.returncode == 0, filled.stderr
    owner = json.loads(filled.stdout)["owner"]
    with Served(**environment) as running:
        furnish(running.address, owner)
        yield running, owner


def furnish(address: str, owner: str) -> None:
    """What an owner makes besides: bots, what speaks by them, and lines of the audit log."""
    with httpx.Client(base_url=f"{address}/api/v1", headers={"origin": address}) as client:

        def make(path: str, body: dict[str, Any], method: str = "POST") -> Any:
            return client.request(method, path, json=body).raise_for_status().json()

        make("/session", {"handle": owner, "password": SECRET})
        channels = {each["name"]: each["id"] for each in client.get("/channels").json()}
        builds, weather = [
            make("/bots", {"handle": handle, "name": name})["account"]["id"]
            for handle, name in (("builds", "Build Bot"), ("stations", "Station Watch"))
        ]
        make(f"/bots/{builds}/tokens", {"name": "The build server", "scopes": ["read", "send", "people"]})
        make("/webhooks/incoming", {"bot": builds, "channel": channels["engineering"], "name": "CI"})
        make("/webhooks/incoming", {"bot": weather, "channel": channels["general"], "name": "Alerts"})
        make("/invites", {"role": "member"})
        make(f"/channels/{channels['sales']}/retention", {"days": 90}, "PUT")
        client.get(f"/channels/{channels['general']}/export").raise_for_status()


@pytest.fixture
def gallery(pictures: Path) -> Iterator[Path]:
    """Where they are taken; what the pages show goes there, too, when that is wanted."""
    yield pictures
    if WHOLE:
        shown = Path(__file__).parents[2] / "docs" / "pictures"
        for name in SHOWN:
            if (pictures / f"{name}.png").exists():
                shutil.copyfile(pictures / f"{name}.png", shown / f"{name}.png")


def owner(team: tuple[Served, str], chromium: Chromium, scheme: str, **context: Any) -> Person:
    """The owner at the page, with a channel in view."""
    chat, handle = team
    person = Person(chromium, chat.address, handle, color_scheme=scheme, **context)
    person.sign_in(SECRET)
    channel = person.page.get_by_test_id(f"channel-{CHANNEL}")
    if not channel.is_visible():
        person.page.get_by_test_id("open-sidebar").click()
    channel.click()
    person.page.get_by_placeholder(f"Message #{CHANNEL}").wait_for()
    person.page.locator(".timeline .message").first.wait_for()
    return person


def take(person: Person, path: Path) -> None:
    """When everything is there and nothing moves."""
    until(lambda: person.page.evaluate(_SETTLED), within=30, what="the page to be at rest")
    person.page.mouse.move(0, 0)
    person.page.screenshot(path=path, animations="disabled")
    if WHOLE:
        Image.open(path).quantize(256).save(path, optimize=True)
    assert person.errors == []
    assert person.page.evaluate(_OVERFLOWS) == [], "something is wider than the page"
    assert barriers(person.page) == []


@pytest.mark.parametrize(("size", "scheme"), FORMS)
def test_the_page_and_what_an_owner_has_on_it(
    team: tuple[Served, str], chromium: Chromium, gallery: Path, size: dict[str, Any], scheme: str
) -> None:
    """Row 16 and row 17 on a page of any width: nothing stands beside it, and everything can be reached."""
    person = owner(team, chromium, scheme, **size)
    where = f"{'' if size is DESK else '-phone'}{'-dark' if scheme == 'dark' else ''}"

    take(person, gallery / f"chat{where}.png")
    assert len(person.sees()) > 3
    opened(person, "administration-open")
    person.page.get_by_test_id("retention-server").wait_for()
    take(person, gallery / f"administration{where}.png")
    person.page.keyboard.press("Escape")
    opened(person, "own-account")
    person.page.get_by_test_id("devices").locator("li").first.wait_for()
    take(person, gallery / f"account{where}.png")
    person.page.keyboard.press("Escape")
    opened(person, "integrations-open")
    person.page.get_by_test_id("bot-name").wait_for()
    take(person, gallery / f"integrations{where}.png")
    for tab in ("Incoming", "Outgoing", "Commands") if WHOLE else ("Incoming",):
        person.page.get_by_text(tab, exact=True).click()
        take(person, gallery / f"integrations-{tab.lower()}{where}.png")


def opened(person: Person, testid: str) -> None:
    """A dialog of the owner's menu."""
    page: Page = person.page
    if not page.get_by_test_id("self").is_visible():
        page.get_by_test_id("open-sidebar").click()
    page.get_by_test_id("self").click()
    page.get_by_test_id(testid).click()


_SETTLED = """() => [...document.images]
        .filter(image => image.checkVisibility() && image.getBoundingClientRect().top < innerHeight)
        .filter(image => image.getBoundingClientRect().bottom > 0)
        .every(image => image.complete)
    && document.getAnimations().every(
        each => each.playState !== "running" || each.effect.getTiming().iterations > 99
    )"""

_OVERFLOWS = """() => [...document.querySelectorAll("body *")]
    .filter(each => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth + 1
        && getComputedStyle(each).position !== "fixed" && !each.closest("pre, svg, [hidden], .unseen"))
    .map(each => each.outerHTML.slice(0, 120)).slice(0, 5)"""
