"""The sites that the suite of the backplanes runs on."""

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.backplane.memory import Bus, MemoryBackplane
from chorus.realtime.backplane.redis import RedisBackplane
from chorus.realtime.backplane.settings import RedisSettings
from parts.valkey_cluster import ValkeyCluster
from waiting import eventually


class MemorySite:
    """Instances on one bus."""

    def __init__(self) -> None:
        self._bus = Bus()

    def instance(self) -> Backplane:
        return MemoryBackplane(self._bus)

    def cut(self) -> None:
        self._bus.go_down()

    def restore(self) -> None:
        self._bus.come_up()


class RedisSite:
    """Instances on one real Valkey."""

    def __init__(self, server, settings: RedisSettings) -> None:
        self._server = server
        self._settings = settings

    def instance(self) -> Backplane:
        return RedisBackplane(self._settings)

    def cut(self) -> None:
        self._server.kill()

    def restore(self) -> None:
        self._server.start()


class ClusterSite:
    """Instances on a cluster of three real Valkeys."""

    def __init__(self, cluster: ValkeyCluster) -> None:
        self._cluster = cluster

    def instance(self) -> Backplane:
        return RedisBackplane(RedisSettings(url=self._cluster.url))

    def cut(self) -> None:
        for node in self._cluster.nodes:
            node.kill()

    def restore(self) -> None:
        for node in self._cluster.nodes:
            node.start()
        self._cluster.wait_until_whole()


async def connected(here: Backplane, there: Backplane, *channels: str) -> None:
    """Wait until what `here` publishes on each of the channels is heard at `there`."""
    for channel in channels:
        probe: list[bytes] = []
        there.subscribe(channel, probe.append)

        def sent_and_heard(channel: str = channel, probe: list[bytes] = probe) -> bool:
            here.publish(channel, b"probe")
            return bool(probe)

        await eventually(sent_and_heard, what=f"a message on {channel}")
        there.unsubscribe(channel, probe.append)
