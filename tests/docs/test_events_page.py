"""docs/events.md is what the tables say."""

import re
from pathlib import Path

from chorus.chat.live import reference
from chorus.chat.live.events import ASKED, CONNECT, CONNECT_ERROR, TOLD

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()


def test_row_25_the_page_is_in_step_with_the_declarations():
    """Else: `make reference`."""
    assert reference.page() == PAGE


def test_row_25_every_event_has_its_place_on_the_page():
    headings = re.findall(r"^### ([\w.]+)$", PAGE, flags=re.MULTILINE)

    for name in (each.name for each in (CONNECT, *ASKED, CONNECT_ERROR, *TOLD)):
        assert name in headings


def test_its_links_lead_to_its_headings():
    headings = [title.lower().replace(".", "").replace(" ", "-").replace(",", "") for title in
                re.findall(r"^#+ (.*)$", PAGE, flags=re.MULTILINE)]  # fmt: skip
    anchors = {f"{each}-{headings[:at].count(each)}".removesuffix("-0") for at, each in enumerate(headings)}

    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= anchors
