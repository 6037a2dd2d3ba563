"""A person at the page: signs up, writes, reads."""

import contextlib
from typing import Any

from playwright.sync_api import Error, Page

from browser.chromium import Chromium
from waiting import until

_ROWS = """rows => rows.map(row => [
    Number(row.dataset.seq || 0), row.dataset.state, row.querySelector(".message-text").innerText.trim()
])"""


class Person:
    """One browser context, so that two people are as far apart as on two machines."""

    def __init__(self, browser: Chromium, address: str, handle: str, **page: Any) -> None:
        self.handle = handle
        self.address = address
        self.page: Page = browser.new_page(**page)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def sign_up(self, name: str) -> None:
        """Make an account without the page, and wait until the page's socket is there."""
        body = {"handle": self.handle, "name": name, "password": self.secret}
        self.ask("accounts", body)
        self.page.goto(self.address)
        self.wait_online()

    def sign_up_on_the_page(self, name: str) -> None:
        """The same as somebody does it who comes for the first time."""
        self.page.goto(self.address)
        self.page.get_by_test_id("handle").wait_for()
        if self.page.get_by_test_id("name").count() == 0:
            self.page.get_by_test_id("to-sign-up").click()
        self.fill_in(handle=self.handle, name=name, password=self.secret)

    def sign_in(self, secret: str) -> None:
        """Come back to an account that is there, and wait until the socket is."""
        self.ask("session", {"handle": self.handle, "password": secret})
        self.page.goto(self.address)
        self.wait_online()

    def sign_in_on_the_page(self, secret: str) -> None:
        """The same by the form that the page shows."""
        self.page.goto(self.address)
        self.fill_in(handle=self.handle, password=secret)

    def fill_in(self, **fields: str) -> None:
        """Fill in the form that leads into the chat, and wait until the socket is there."""
        for name, value in fields.items():
            self.page.get_by_test_id(name).fill(value)
        self.page.get_by_test_id("submit").click()
        self.wait_online()

    @property
    def secret(self) -> str:
        return f"a long secret of {self.handle}"

    def ask(self, path: str, body: dict[str, str]) -> None:
        """Post to the API as the page would; the cookies of the answer are the page's."""
        url, origin = f"{self.address}/api/v1/{path}", {"origin": self.address}
        answer = self.page.context.request.post(url, data=body, headers=origin)
        assert answer.ok, answer.text()

    def wait_online(self) -> None:
        until(self.online, within=30, what=f"{self.handle}'s page to be online")

    def online(self) -> bool:
        return self.page.evaluate("document.documentElement.dataset.connection") == "online"

    @property
    def instance(self) -> int:
        """The number of the worker that holds this page's socket."""
        return int(self.page.evaluate("document.documentElement.dataset.instance"))

    def move_to_another_instance_than(self, other: int) -> None:
        """Load the page again until another worker holds the socket."""

        def moved() -> bool:
            if self.online() and self.instance != other:
                return True
            self.page.reload()
            self.wait_online()
            return self.instance != other

        until(moved, within=60, what=f"{self.handle} to be served by another worker than {other}")

    def say(self, text: str) -> None:
        """Write into the composer and press Enter, whatever the connection's state."""
        self.page.get_by_test_id("composer").fill(text)
        self.page.get_by_test_id("composer").press("Enter")

    def open_thread(self) -> None:
        """Open the thread of the only message, with the button that shows when the mouse is over it.

        A message that is drawn anew under a mouse that rests shows none until the mouse moves; so it is moved again.
        """
        thread = self.page.get_by_test_id("thread")

        def opened() -> bool:
            with contextlib.suppress(Error):
                self.page.mouse.move(0, 0)
                self.page.get_by_test_id("message").hover(timeout=1000)
                self.page.get_by_test_id("message-reply").click(timeout=1000)
            return thread.is_visible()

        until(lambda: thread.is_visible() or opened(), what="the thread")

    def sees(self) -> list[tuple[int, str, str]]:
        """(seq, state, text) of every message in the timeline, from top to bottom; seq is 0 while it is on its way."""
        return [tuple(row) for row in self.page.eval_on_selector_all(".message[data-client-id]", _ROWS)]

    def texts(self) -> list[str]:
        return [text for _, _, text in self.sees()]

    def has_all(self, texts: set[str]) -> bool:
        return texts <= set(self.texts()) and all(state == "sent" for _, state, _ in self.sees())
