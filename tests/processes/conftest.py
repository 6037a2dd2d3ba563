"""A shell whose cluster is gone after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.shell import Shell


@pytest.fixture
def shell(home: Path, tmp_path: Path) -> Iterator[Shell]:
    """A shell whose cluster is gone after the test."""
    shell = Shell(tmp_path, home)
    yield shell
    shell.chorus("kill")
