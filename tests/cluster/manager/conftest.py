"""A manager over a keeper in memory, on a clock that jumps: nothing waits, hours pass in a moment."""

import asyncio
from functools import partial

import pytest

from chorus.cluster.manager.keeper_client import Keeper
from chorus.cluster.manager.manager import Manager
from chorus.cluster.manager.requests import Requests
from chorus.cluster.manager.site import Site
from chorus.cluster.messages import Status
from chorus.cluster.spec import ApplicationSpec
from cluster.manager.fake_keeper import FakeKeeper
from parts.jumping import JumpingLoop


def pytest_asyncio_loop_factories(item):
    """Tests of the manager's decisions run on the jumping clock; those that use real sockets do not."""
    return (
        {"jumping": partial(JumpingLoop, threads=True)}
        if "cluster" in item.fixturenames
        else {"waiting": asyncio.SelectorEventLoop}
    )


class Cluster:
    """The manager under test and the keeper below it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.keeper = FakeKeeper(self.loop.time)
        self.progress: list[str] = []
        self._managers: list[Manager] = []

    async def take_over(self) -> None:
        """A manager comes, or another one after it was killed."""
        site = Site(Keeper(self.keeper.link()), "/home/nobody/.chorus", {"PATH": "/bin"}, self.loop.time)
        self.manager = Manager(site)
        self._managers.append(self.manager)
        self.requests = Requests(self.manager)
        await self.manager.begin()

    async def close(self) -> None:
        """End all managers, those that were killed too: a process would be gone with all that it waited for."""
        for manager in self._managers:
            await manager.close()

    async def ask(self, request):
        return await self.requests.answer(request, lambda step: self.progress.append(step.text))

    async def pass_time(self, seconds: float) -> None:
        """Let so much time pass, and everything happen that falls into it."""
        await asyncio.sleep(seconds)
        await self.settle()

    async def settle(self) -> None:
        """Let everything happen that needs no time."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def status(self, name: str = "web"):
        answer = await self.ask(Status())
        return next(application for application in answer.applications if application.name == name)

    async def states(self, name: str = "web") -> list[str]:
        return [instance.state for instance in (await self.status(name)).instances]

    async def instance(self, number: int = 0, name: str = "web"):
        application = await self.status(name)
        return next(instance for instance in application.instances if instance.number == number)


@pytest.fixture
async def cluster():
    cluster = Cluster()
    await cluster.take_over()
    yield cluster
    await cluster.close()


@pytest.fixture
def web():
    """An application of two instances that share a port."""
    return ApplicationSpec(name="web", app="shop.web:application", cwd="/srv/shop", port=8000, instances=2)
