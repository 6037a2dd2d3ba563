"""A PM2 file of JavaScript is a program with a bound on all that it can take."""

import os
import shutil
from pathlib import Path

import pytest

from chorus.cluster.cli.failure import CommandFailed
from chorus.cluster.cli.pm2_javascript import LARGEST, exported
from parts.shell import alive
from waiting import until

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node to run it")


def run(folder: Path, text: str, within: float = 10.0) -> object:
    (folder / "ecosystem.config.js").write_text(text)
    return exported(str(folder / "ecosystem.config.js"), "ecosystem.config.js", within=within)


@pytest.mark.parametrize("text", ["{ apps: [1] }", "() => ({ apps: [1] })", "Promise.resolve({ apps: [1] })"])
def test_what_it_exports_is_taken(tmp_path: Path, text: str):
    assert run(tmp_path, f"module.exports = {text}") == {"apps": [1]}


@pytest.mark.parametrize(
    "text", ["while (true) {}", "for (;;) console.error('x'.repeat(10000))", "setInterval(() => 0)"]
)
def test_one_that_does_not_end_is_ended_and_named(tmp_path: Path, text: str):
    """Also one that says something without end: what it says is read, and not kept."""
    with pytest.raises(CommandFailed, match=r"ecosystem\.config\.js: node did not finish reading it in 0\.5 s"):
        run(tmp_path, text + "; module.exports = new Promise(() => 0)", within=0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"module.exports = 'x'.repeat({LARGEST})", "exports more than 1048576 bytes"),
        ("process.exit(0)", "found no whole export"),
        ("throw new Error('no such shop')", "node cannot read it"),
        ("process.kill(process.pid, 'SIGKILL')", r"node cannot read it \(ended by SIGKILL\)"),
    ],
)
def test_one_that_cannot_be_used_is_an_error(tmp_path: Path, text: str, message: str):
    with pytest.raises(CommandFailed, match=message) as caught:
        run(tmp_path, text)

    assert not caught.value.detail or "no such shop" in caught.value.detail[0]


def test_what_it_has_started_is_ended_with_it(tmp_path: Path):
    """And is not waited for, though it holds the streams open."""
    started = "require('child_process').spawn('sleep', ['600'], { stdio: 'inherit' })"

    pid = run(tmp_path, f"module.exports = {started}.pid")

    assert isinstance(pid, int)
    assert pid != os.getpid()
    until(lambda: not alive(pid), what="the program that it started to end")
