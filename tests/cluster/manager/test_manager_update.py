"""Whether the installed release could take over."""

import sys

import pytest

from chorus.cluster.keeper.handover import VERSION
from chorus.cluster.manager import update
from chorus.cluster.manager.failure import OperationFailed


async def test_a_release_whose_python_was_removed_is_named_with_it(monkeypatch: pytest.MonkeyPatch):
    """As where the virtual environment is made anew in another place while a cluster runs from it."""
    monkeypatch.setattr(sys, "executable", "/srv/gone/bin/python")

    with pytest.raises(OperationFailed) as failed:
        await update.check(VERSION)

    assert failed.value.code == "invalid"
    assert failed.value.message == "/srv/gone/bin/python cannot be run: No such file or directory; nothing was changed"
