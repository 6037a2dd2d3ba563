"""The manager as a process: connects to its keeper, answers the command line, ends when the keeper hangs up."""

import asyncio
import faulthandler
import logging
import os
import signal
import sys

from chorus.cluster import exposition
from chorus.cluster.keeper import wire
from chorus.cluster.keeper.surroundings import LONGEST_SOCKET_PATH, handed_on
from chorus.cluster.manager.keeper_client import Keeper, KeeperLost, SocketLink, connect
from chorus.cluster.manager.manager import Manager
from chorus.cluster.manager.metrics import Metrics
from chorus.cluster.manager.requests import Requests
from chorus.cluster.manager.site import Site
from chorus.cluster.manager.status import cluster_status
from chorus.cluster.rpc.accepting import Complaints
from chorus.cluster.rpc.server import RpcServer
from chorus.cluster.worker.notify import Notifier, watchdog_interval

log = logging.getLogger("chorus.cluster.manager")

_SIGN_EVERY = 5.0
"""Seconds between two signs of life, or fewer where the keeper wants more."""


def main() -> int:
    """Run until the keeper hangs up or a signal comes; 0 when it was a signal."""
    if sys.argv[1:] == ["--check"]:
        return 0
    if len(sys.argv) != 2:
        print("usage: python -m chorus.cluster.manager HOME", file=sys.stderr)
        return 2
    home = os.path.abspath(sys.argv[1])
    os.umask(0o077)
    faulthandler.enable()  # the keeper ends a manager that hangs with SIGABRT: daemon.log has then where it hung
    logging.basicConfig(level=logging.INFO, format="%(asctime)s manager %(levelname)s %(message)s")
    rpc_path, keeper_path = os.path.join(home, "rpc.sock"), os.path.join(home, "keeper.sock")
    if len(os.fsencode(rpc_path)) > LONGEST_SOCKET_PATH:
        log.error("the path %s has more than %d bytes; use a shorter CHORUS_HOME", rpc_path, LONGEST_SOCKET_PATH)
        return 1
    if not is_keepers(home, os.getppid()):  # whose children are not to be taken for those of ours
        log.error("%s is the home of another keeper than the one that started this manager", home)
        return 1
    try:
        return asyncio.run(_run(home, keeper_path, rpc_path))
    except (KeeperLost, OSError) as error:
        log.error("no keeper at %s: %s", keeper_path, error)
        return 1


async def _run(home: str, keeper_path: str, rpc_path: str) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    def at_home() -> bool:
        return is_keepers(home, os.getppid())

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, 0)
    loop.set_exception_handler(Complaints())
    link: SocketLink = await connect(keeper_path, lambda: end(1))
    keeper = Keeper(link)
    manager = Manager(Site(keeper, home, handed_on(os.environ), loop.time))
    await manager.begin()
    notifier = Notifier(os.environ)
    notifier.say(READY=1)
    living = asyncio.create_task(_live(notifier, watchdog_interval(os.environ, pid=os.getpid())))
    metrics_path = os.path.join(home, "metrics.sock")
    metrics = Metrics(metrics_path, lambda: exposition.text(cluster_status(manager)), at_home=at_home)
    await metrics.start()
    metrics.insist(manager.cluster.metrics)
    server = RpcServer(
        rpc_path,
        Requests(manager, metrics).answer,
        on_killed=lambda: _finally("end", keeper.exit()),
        on_updated=lambda: _finally("update", keeper.update()),
        at_home=at_home,
    )
    await server.start()
    try:
        return await ended
    finally:
        await metrics.close()
        await server.close()
        await manager.close()
        living.cancel()
        link.close()


async def _live(notifier: Notifier, interval: float | None) -> None:
    """Give signs of life, as long as the event loop turns and the keeper waits for them."""
    while interval is not None:
        notifier.live()
        await asyncio.sleep(min(interval, _SIGN_EVERY))


def is_keepers(home: str, pid: int) -> bool:
    """Whether a home is still this keeper's: somebody may have removed the folder, and started another cluster there.

    Without a keeper.pid, or out of reach, it is nobody else's.
    """
    try:
        with open(os.path.join(home, "keeper.pid"), "rb") as file:
            return file.read(32).split()[:1] in ([], [b"%d" % pid])
    except OSError:
        return True


def _finally(words: str, asked: "asyncio.Future[wire.Done]") -> None:
    """The answer to Kill or Update is out, and the keeper was asked to do what ends this process."""

    def answered(future: asyncio.Future[wire.Done]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None and not isinstance(error, KeeperLost):
            log.error("the keeper does not %s: %s", words, error)

    asked.add_done_callback(answered)
