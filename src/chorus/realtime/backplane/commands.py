"""Commands to Redis and their answers, through redis-py: everything that is neither published nor heard.

    commands = Commands(settings)
    await commands.run("PING")                                # b"PONG"
    await commands.script(ADD, keys=["a"], arguments=[7])     # runs a Script where its keys are
    await commands.close()

One server, the master that sentinels name, or a cluster: whatever the settings say. Connections are made when they are
needed. A command that got no answer is tried `max_retries` times more, so each must be one that may run twice.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ConstantBackoff
from redis.exceptions import NoScriptError, RedisClusterException, RedisError

from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.settings import RedisAddress, RedisSettings, Topology

Word = str | bytes | int


class Script:
    """A Lua script and its name on the server."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


class Commands:
    """Not thread-safe: all calls come from one event loop."""

    def __init__(self, settings: RedisSettings) -> None:
        self._settings = settings
        self._address = settings.address()
        self._client: Any = None
        """redis-py's own annotations are partial, so it is used without."""

    async def run(self, *words: Word) -> Any:
        """Run one command; its answer in bytes.

        Raises:
            BackplaneUnavailable: no answer, or refused; the text names the place and the setting.
        """
        return await self._asked(lambda client: client.execute_command(*words))

    async def script(self, script: Script, *, keys: Sequence[str], arguments: Sequence[Word] = ()) -> Any:
        """Run a script; all its keys lie in one slot.

        Raises:
            BackplaneUnavailable: as `run`.
        """
        words = (len(keys), *keys, *arguments)

        async def run(client: Any) -> Any:
            try:
                return await client.execute_command("EVALSHA", script.digest, *words)
            except NoScriptError:  # a server that never saw it, or was restarted
                return await client.execute_command("EVAL", script.source, *words)

        return await self._asked(run)

    async def close(self) -> None:
        """Disconnect. Closing twice is allowed."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _asked(self, ask: Callable[[Any], Awaitable[Any]]) -> Any:
        if self._client is None:
            self._client = _new_client(self._settings, self._address)
        attempts = self._settings.max_retries + 1
        try:
            async with asyncio.timeout(self._settings.command_timeout * attempts):
                return await ask(self._client)
        except (RedisError, RedisClusterException, OSError) as error:  # TimeoutError is an OSError
            why = str(error) or f"no answer within {self._settings.command_timeout:g} s"
            raise BackplaneUnavailable(
                f"Redis at {self._address.place}: {why} (see {self._address.setting})"
            ) from error


def _new_client(settings: RedisSettings, address: RedisAddress) -> Any:
    options: dict[str, Any] = {
        "username": address.username or None,
        "password": address.password or None,
        "ssl": address.tls,
        "socket_keepalive": True,
        "socket_connect_timeout": settings.connect_timeout,
        "socket_timeout": settings.command_timeout,
        "retry": Retry(ConstantBackoff(settings.retry_delay), settings.max_retries),
    }
    match address.topology:
        case Topology.CLUSTER:
            nodes = [ClusterNode(host, port) for host, port in address.nodes]
            return cast("Any", RedisCluster)(startup_nodes=nodes, require_full_coverage=False, **options)
        case Topology.SENTINEL:
            asking = {**options, "username": None, "password": address.sentinel_password or None}
            sentinels = cast("Any", Sentinel)(list(address.nodes), sentinel_kwargs=asking, **options)
            return sentinels.master_for(address.service, db=address.database)
        case Topology.ONE if address.path is not None:
            return cast("Any", Redis)(
                unix_socket_path=address.path,
                db=address.database,
                **{**options, "ssl": False, "socket_keepalive": None},
            )
        case Topology.ONE:
            return cast("Any", Redis)(host=address.host, port=address.port, db=address.database, **options)
