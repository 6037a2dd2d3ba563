"""A page that is loaded while a cluster goes over to another release may get files of both."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from browser.chromium import Chromium
from browser.person import Person
from parts.served import Served
from waiting import until

pytestmark = pytest.mark.browser

MODULE = "**/js/views/sign.js"


def another_releases(route: Route) -> None:
    route.fulfill(content_type="text/javascript", body="export const somethingElse = 1;")


def missing(route: Route) -> None:
    route.fulfill(status=404)


@pytest.mark.parametrize(("answer", "times"), [(another_releases, 1), (missing, 2)])
def test_a_page_whose_files_do_not_fit_together_is_begun_again(
    chat: Served, chromium: Chromium, answer: Callable[[Route], None], times: int
) -> None:
    """Once: the next worker that it asks has them all. What is missing ahead of time is asked for again when needed."""
    mira = Person(chromium, chat.address, "mira")
    mira.page.route(MODULE, answer, times=times)
    loads = counted(mira.page)

    mira.page.goto(chat.address)

    mira.page.get_by_role("heading").first.wait_for()
    assert len(loads) == 2


def test_a_page_that_stays_broken_is_not_begun_again_for_ever(chat: Served, chromium: Chromium) -> None:
    mira = Person(chromium, chat.address, "mira")
    failures: list[str] = []
    mira.page.on("pageerror", lambda error: failures.append(str(error)))
    mira.page.route(MODULE, another_releases)
    loads = counted(mira.page)

    mira.page.goto(chat.address)

    until(lambda: mira.page.evaluate("document.readyState") == "complete" and len(failures) >= 2, what="both to fail")
    mira.page.evaluate("fetch('/').then(() => true)")  # a reload that has begun breaks this off
    assert len(loads) == 2


def counted(page: Page) -> list[str]:
    """The addresses that the page was loaded from, as far as it has come."""
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    return loads
