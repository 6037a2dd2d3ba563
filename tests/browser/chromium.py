"""The browser of the tests: as far as a test can tell a new one, with the files of the page in its cache.

What a page costs is mostly its first load: a hundred files are asked for, read and compiled. A person who comes back
has them already, and so does each test after the first: its contexts (one a person, as far apart as two machines) are
those of the tests before, from which all but the files has been taken. What a test hears of its page (`page.on`)
is heard in later tests, too: answer what is asked once with `page.once`. What it answers in the server's place
(`page.route`) ends with it.
"""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urljoin

from playwright.sync_api import BrowserContext, Page, ViewportSize, sync_playwright
from playwright.sync_api import Error as PlaywrightError

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Chromium without windows takes half the processor time for the same pages."""

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Chromium as root, and without its own traffic."""

DESK: ViewportSize = {"width": 1280, "height": 720}
STORES = "cache_storage,indexeddb,local_storage,service_workers"

ColorScheme = Literal["light", "dark"]


class Chromium:
    """`with Chromium() as browser:` starts it; pages opened `with browser.borrowed():` are the caller's until then."""

    def __enter__(self) -> Self:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        assert program, "found no Chromium; `make test` installs it through apt where it may, otherwise install it"
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=program, args=QUIET)
        self._idle: list[_Profile] = []
        self._used: list[_Profile] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    @contextmanager
    def borrowed(self) -> Generator[Self]:
        """End what the pages do that are opened meanwhile, so that none of one test asks the server of the next."""
        try:
            yield self
        finally:
            for profile in self._used:
                profile.rest()
            self._idle[:0], self._used = self._used, []

    def new_page(self, *, viewport: ViewportSize = DESK, color_scheme: ColorScheme = "light", scale: float = 1) -> Page:
        """A page as a browser shows it that was never here; `viewport` in CSS pixels, of `scale` dots each."""
        fitting = (profile for profile in self._idle if profile.scale == scale)
        if (profile := next(fitting, None)) is None:
            profile = _Profile(self._browser.new_context(device_scale_factor=scale, reduced_motion="reduce"), scale)
        else:
            self._idle.remove(profile)
        self._used.append(profile)
        page = profile.new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme)
        return page


class _Profile:
    """A context, and the origins that may have left something in it."""

    def __init__(self, context: BrowserContext, scale: float) -> None:
        self.scale = scale
        self._context = context
        self._origins: set[str] = set()
        context.on("page", self._follow)

    def new_page(self) -> Page:
        """The first page of a test; what was written until now is forgotten, and nobody is left to write."""
        self._context.clear_cookies()
        resting = self._context.pages
        page = resting[0] if resting else self._context.new_page()
        if resting:
            page.evaluate("sessionStorage.clear()")
            page.mouse.move(0, 0)
        session = self._context.new_cdp_session(page)
        for origin in self._origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": STORES})
        session.detach()
        return page

    def rest(self) -> None:
        """Lead the page to a drawing of the same server: its process stays, with what it has read and compiled."""
        for page in self._context.pages[1:]:
            page.close()
        for page in self._context.pages:
            page.unroute_all(behavior="ignoreErrors")
            try:
                page.goto(urljoin(page.url, "/icons/chorus.svg"), timeout=10_000)
            except PlaywrightError:  # it has no server, or none any more: the next page is a new one
                page.close()

    def _follow(self, page: Page) -> None:
        page.on("framenavigated", lambda frame: self._origins.add("/".join(frame.url.split("/", 3)[:3])))
