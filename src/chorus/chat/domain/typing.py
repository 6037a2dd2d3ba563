"""How much typing is worth telling. Pure.

    floor = TypingFloor()
    floor.takes(channel=1, account=5, active=True, now=0.0)          # True: told
    floor.takes(channel=1, account=5, active=True, now=0.5)          # False: it is known

Nobody reads more than a few names, so of a channel in which many type at once some are told and the others are not.
What typing costs a channel is then bounded by those who look at it, not by them times those who type.
"""

from collections import OrderedDict

AGAIN = 2.0
"""Seconds in which an account's typing in a channel is told once."""

MOST = 6
"""Accounts whose typing is told in a channel at a time."""

LASTS = 6.0
"""Seconds for which it is shown when nothing more is said."""


class TypingFloor:
    """Who has the floor in each channel; times are monotonic seconds."""

    def __init__(self) -> None:
        self._told: OrderedDict[int, OrderedDict[int, float]] = OrderedDict()
        """Channel → account → when it was told last; the oldest first, of channels and of accounts."""

    def takes(self, channel: int, account: int, *, active: bool, now: float) -> bool:
        """Whether this is to be told."""
        self._forget(now)
        told = self._told.get(channel)
        if not active:
            return told is not None and told.pop(account, None) is not None
        if told is None:
            told = self._told[channel] = OrderedDict()
        while told and now - next(iter(told.values())) > LASTS:
            told.popitem(last=False)
        if now - told.get(account, now - AGAIN) < AGAIN or (account not in told and len(told) >= MOST):
            return False
        told[account] = now
        told.move_to_end(account)
        self._told.move_to_end(channel)
        return True

    def _forget(self, now: float) -> None:
        """Let go of channels where nobody has typed for a while; two at most, so that nobody waits for it."""
        for _ in range(2):
            oldest = next(iter(self._told.items()), None)
            if oldest is None or (oldest[1] and now - next(reversed(oldest[1].values())) <= LASTS):
                return
            del self._told[oldest[0]]
