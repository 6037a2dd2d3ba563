"""An owner, a program that is told, and the one who tells it."""

import msgspec
import pytest

from chorus.chat.actions import delivering
from chorus.chat.actions.delivering import Deliverer
from parts.programs import Program


@pytest.fixture
def settings(settings):
    """Whoever waits for what a program says asks often."""
    return msgspec.structs.replace(settings, rate_limit=0)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """What is slow on a busy machine is no failure."""
    monkeypatch.setattr(delivering, "PATIENCE", 30.0)


@pytest.fixture
async def ada(sign_up):
    """The owner."""
    return await sign_up("ada")


@pytest.fixture
async def program():
    async with Program() as program:
        yield program


@pytest.fixture
async def deliverer(chat):
    deliverer = Deliverer(chat)
    deliverer.start()
    yield deliverer
    await deliverer.close()
