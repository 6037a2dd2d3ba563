"""Who listens to which channel in this process: shared by every backplane."""

import logging
from collections.abc import Callable, Iterable

from chorus.realtime.backplane.contract import Receiver

_log = logging.getLogger(__name__)


class Receivers:
    """channel → receivers, in the order they subscribed."""

    def __init__(self) -> None:
        self._by_channel: dict[str, tuple[Receiver, ...]] = {}

    def add(self, channel: str, receiver: Receiver) -> bool:
        """Add one; whether it is the channel's first."""
        known = self._by_channel.get(channel, ())
        if receiver not in known:
            self._by_channel[channel] = (*known, receiver)
        return not known

    def remove(self, channel: str, receiver: Receiver) -> bool:
        """Take one out; whether it was the channel's last."""
        known = self._by_channel.get(channel, ())
        rest = tuple(other for other in known if other != receiver)
        if rest:
            self._by_channel[channel] = rest
        else:
            self._by_channel.pop(channel, None)
        return bool(known) and not rest

    def channels(self) -> Iterable[str]:
        """Every channel that somebody listens to."""
        return self._by_channel.keys()

    def tell(self, channel: str, message: bytes, *, besides: Receiver | None = None) -> None:
        """Call the receivers of `channel` but `besides`; who unsubscribes meanwhile may still be called this once."""
        for receiver in self._by_channel.get(channel, ()):
            if receiver == besides:
                continue
            try:
                receiver(message)
            except Exception:  # noqa: BLE001 - as in `guarded`, without its call for each message
                _log.exception("%r failed", receiver)

    def __contains__(self, channel: str) -> bool:
        return channel in self._by_channel


def guarded(callback: Callable[..., None], *arguments: object) -> None:
    """Call it; what it raises is its own affair: it is logged, and the next one is still called."""
    try:
        callback(*arguments)
    except Exception:  # noqa: BLE001 - a receiver of another part must not cost the others their message
        _log.exception("%r failed", callback)
