"""Spreads the live connections of an application evenly over its instances."""

import asyncio

from chorus.cluster.handover import balance
from chorus.cluster.handover.balance import Load
from chorus.cluster.lifecycle import State
from chorus.cluster.manager import handover
from chorus.cluster.manager.application import Application
from chorus.cluster.manager.failure import OperationFailed
from chorus.cluster.manager.report import Report

_ROUNDS = 4
"""Connections come and go while others are moved, so the counts are looked at again."""


async def rebalance(application: Application, report: Report, *, named: bool) -> tuple[str, bool]:
    """Move connections until the counts differ by at most one in a hundred; what to tell, and whether any moved.

    One that hands nothing over is an error where it was `named`, and nothing is told of it where all are meant.

    Raises:
        OperationFailed: "not_ready" when that was not reached, with the reason; "invalid" when nothing can be moved.
    """
    async with application.operation("rebalanced"):
        moved, reasons = 0, list[str]()
        loads = await _loads(application)
        if not loads:
            if named:
                raise OperationFailed("invalid", f"{application.name}: has no connections that could be handed over")
            return "", False
        for _ in range(_ROUNDS):
            planned = balance.moves(loads)
            if balance.is_even(loads) or not planned:
                break
            report.expect(sum(move.count for move in planned))
            for answer in await asyncio.gather(*(_give(application, move, report) for move in planned)):
                moved += answer.count
                reasons += [answer.reason] if answer.reason else []
            loads = await _loads(application)
        if not loads:
            raise OperationFailed("not_ready", f"{application.name}: {moved} moved, and no instance is online any more")
        counts = [load.connections for load in loads]
        spread = f"{len(counts)} instances have {min(counts)} to {max(counts)} connections"
        if not balance.is_even(loads):
            why = reasons[-1] if reasons else "the others cannot be moved"
            raise OperationFailed("not_ready", f"{application.name}: {moved} moved, and still {spread}: {why}")
        return f"{application.name}: {moved} connections moved; {spread}", moved > 0


async def _give(application: Application, move: balance.Move, report: Report) -> handover.Gave:
    try:
        answer = await handover.give(application.site, move)
    except (OSError, TimeoutError) as error:
        answer = handover.Gave(0, f"{move.source}: {error or 'it does not answer'}")
    report.step(f"{move.source} gave {answer.count} to {move.target}", by=answer.count)
    return answer


async def _loads(application: Application) -> list[Load]:
    """Of the instances that are online and hand connections over."""
    online = [instance.key for instance in application.instances.values() if instance.state is State.ONLINE]
    try:
        found = await asyncio.gather(*(handover.count(application.site, key) for key in online))
    except (OSError, TimeoutError) as error:
        raise OperationFailed("not_ready", f"{application.name}: an instance does not answer: {error}") from error
    return [load for load in found if load is not None]
