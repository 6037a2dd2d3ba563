"""The picture of `chorus monitor` in the docs: its screen as Textual draws it, on a believable evening."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from browser.chromium import Chromium
from chorus.cluster.cli.monitor.screen import Monitor
from cluster.cli.monitor.stage import StagedSource, evening
from waiting import eventually

pytestmark = pytest.mark.browser


async def drawn(folder: Path) -> str:
    """The screen with a busy instance selected, as SVG."""
    monitor = Monitor(StagedSource(folder, evening()), "Chorus")
    async with monitor.run_test(size=(140, 40)) as pilot:

        async def showing(text: str) -> str:
            await pilot.pause()
            found = monitor.export_screenshot(title="chorus monitor")
            return found if text in found.replace("&#160;", " ") else ""

        await eventually(lambda: showing("Valkey 9.0.1"), what="the first look")
        await pilot.press("down", "down", "down")
        return await eventually(lambda: showing("seq 48158"), what="the log of chat:2")


def test_the_monitor_on_a_wide_screen(chromium: Chromium, pictures: Path, tmp_path: Path) -> None:
    """docs/pictures/monitor.png is a copy of artefacts/monitor.png."""
    with ThreadPoolExecutor(1) as elsewhere:  # playwright's own loop runs in this thread
        svg = elsewhere.submit(asyncio.run, drawn(tmp_path)).result()
    # The font that Textual names is on another server; with the one of this system blocks would leave gaps.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("font-size: 20px", "font-size: 21px")
    width, height = (float(number) for number in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())

    page = chromium.new_page(viewport={"width": int(width), "height": int(height)})
    page.goto("about:blank")  # away from the drawing on which it may rest: only HTML takes other content
    page.set_content(f'<body style="margin: 0; background: transparent">{svg}</body>')
    taken = Image.open(BytesIO(page.screenshot(omit_background=True)))
    taken.quantize(96).save(pictures / "monitor.png", optimize=True)

    assert "chat:2" in (page.text_content("svg") or "")
