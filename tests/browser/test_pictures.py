"""Pictures of the real page on a server that `chorus demo` filled: CI keeps them, `make pictures` puts some into docs/.

CHORUS_TEST_PICTURES=docs takes them of a whole team, with all that it says, and writes those that the pages show.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from browser.person import Person
from parts import commands
from parts.databases import fresh_sqlite
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

SECRET = "a long secret of everyone"
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
SCHEMES = ("light", "dark")

WHOLE = os.environ.get("CHORUS_TEST_PICTURES") == "docs"
SIZE = "--people 100 --channels 20 --messages 50000" if WHOLE else "--people 30 --channels 10 --messages 1500"

SHOWN = ("chat", "chat-dark", "chat-phone", "chat-phone-dark")
"""Those that the pages show."""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """The chat with a believable team in it, and its owner's handle."""
    folder = tmp_path_factory.mktemp("team")
    environment = {"CHORUS_HOME": str(folder), "DATABASE_URL": fresh_sqlite(folder), "SOCKET_IO_REDIS_ADAPTER": "false"}
    words = ("demo", *SIZE.split(), "--seed", "1", "--password", SECRET, "--json")
    filled = commands.run(words, cwd=folder, env={**os.environ, **environment}, timeout=250)
    assert filled.returncode == 0, filled.stderr
    with Served(**environment) as running:
        yield running, json.loads(filled.stdout)["owner"]


@pytest.fixture
def gallery(pictures: Path) -> Iterator[Path]:
    """Where they are taken; what the pages show goes there, too, when that is wanted."""
    yield pictures
    if WHOLE:
        shown = Path(__file__).parents[2] / "docs" / "pictures"
        for name in SHOWN:
            if (pictures / f"{name}.png").exists():
                shutil.copyfile(pictures / f"{name}.png", shown / f"{name}.png")


def owner(team: tuple[Served, str], chromium: Browser, scheme: str, **context: Any) -> Person:
    """The owner at the page, with a channel in view."""
    chat, handle = team
    person = Person(chromium, chat.address, handle, color_scheme=scheme, **context)
    person.sign_in(SECRET)
    person.page.locator(".timeline .message").first.wait_for()
    return person


def take(person: Person, path: Path) -> None:
    """When everything is there and nothing moves."""
    until(lambda: person.page.evaluate(_SETTLED), within=30, what="the page to be at rest")
    person.page.mouse.move(0, 0)
    person.page.screenshot(path=path, animations="disabled")
    Image.open(path).quantize(256).save(path, optimize=True)
    assert person.errors == []
    assert person.page.evaluate(_OVERFLOWS) == [], "something is wider than the page"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_channel_on_a_desk(team: tuple[Served, str], chromium: Browser, gallery: Path, scheme: str) -> None:
    person = owner(team, chromium, scheme, **DESK)

    take(person, gallery / f"chat{suffix(scheme)}.png")
    assert len(person.sees()) > 5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_channel_on_a_phone(team: tuple[Served, str], chromium: Browser, gallery: Path, scheme: str) -> None:
    person = owner(team, chromium, scheme, **PHONE)

    take(person, gallery / f"chat-phone{suffix(scheme)}.png")
    assert len(person.sees()) > 3


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_administration_and_integrations(
    team: tuple[Served, str], chromium: Browser, gallery: Path, size: dict[str, Any], scheme: str
) -> None:
    """Row 17 and row 16 on a page of any width: nothing stands beside it, and everything can be reached."""
    person = owner(team, chromium, scheme, **size)
    where = suffix(scheme) if size is DESK else f"-phone{suffix(scheme)}"

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
    for tab in ("Incoming", "Outgoing", "Commands"):
        person.page.get_by_text(tab, exact=True).click()
        take(person, gallery / f"integrations-{tab.lower()}{where}.png")


def opened(person: Person, testid: str) -> None:
    """A dialog of the owner's menu."""
    page: Page = person.page
    if not page.get_by_test_id("self").is_visible():
        page.get_by_test_id("open-sidebar").click()
    page.get_by_test_id("self").click()
    page.get_by_test_id(testid).click()


def suffix(scheme: str) -> str:
    return "-dark" if scheme == "dark" else ""


_SETTLED = """() => [...document.images].every(image => image.complete)
    && document.getAnimations().every(each => each.playState !== "running")"""

_OVERFLOWS = """() => [...document.querySelectorAll("body *")]
    .filter(each => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth + 1
        && getComputedStyle(each).position !== "fixed" && !each.closest("pre, svg, [hidden], .unseen"))
    .map(each => each.outerHTML.slice(0, 120)).slice(0, 5)"""
