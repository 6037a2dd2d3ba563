"""What every instance said about who is there, merged into one word for each key. Pure.

    table = PresenceTable(lease=7.5, linger=3.0)
    table.told("instance a", {"ada": 2}, now=0.0)
    table.told("instance b", {"ada": 1, "bob": 1}, now=0.0)
    table.changes(now=0.0)                  # {"ada": 2, "bob": 1}: what differs from what was taken last time
    table.told("instance a", {"ada": 0}, now=1.0)
    table.changes(now=1.0)                  # {"ada": 1}
    table.expire(now=9.0)                   # instance b was silent for longer than its lease
    table.changes(now=9.0)                  # {"ada": 0, "bob": 0}

A state is a small number, 0 is absence, and of what several sources say the largest counts. A source that says nothing
for `lease` seconds is dead, and what it said is void at once. A source that says that somebody left is believed after
`linger` seconds: a page that is loaded again, or a worker that is replaced, makes nobody blink.
"""

from collections.abc import Mapping

ABSENT = 0


class PresenceTable:
    """Times are monotonic seconds."""

    def __init__(self, *, lease: float, linger: float) -> None:
        self._lease = lease
        self._linger = linger
        self._heard_at: dict[str, float] = {}
        self._of_source: dict[str, dict[str, int]] = {}
        self._of_key: dict[str, dict[str, int]] = {}
        self._taken: dict[str, int] = {}
        """What `changes` gave, by key; absent ones are not kept."""

        self._doubtful: dict[str, float] = {}
        """Keys whose state may differ from what was taken → when an absence may be told."""

    @property
    def sources(self) -> frozenset[str]:
        """Those that are believed."""
        return frozenset(self._heard_at)

    def state(self, key: str) -> int:
        """What was taken of the key last."""
        return self._taken.get(key, ABSENT)

    def told(self, source: str, states: Mapping[str, int], *, now: float, all_of_it: bool = False) -> None:
        """Take a source's word: these keys have these states; with `all_of_it`, and it knows of no others."""
        self._heard_at[source] = now
        known = self._of_source.setdefault(source, {})
        if all_of_it:
            for key in known.keys() - states.keys():
                self._put(source, key, ABSENT, absent_from=now + self._linger)
        for key, state in states.items():
            self._put(source, key, state, absent_from=now + self._linger)

    def left(self, source: str, *, now: float) -> None:
        """The source ends: whoever was there through it alone is gone, when they do not come back at once."""
        self._drop(source, absent_from=now + self._linger)

    def renew(self, *, now: float) -> None:
        """Nobody could be heard until now: every lease begins anew."""
        self._heard_at = dict.fromkeys(self._heard_at, now)

    def expire(self, *, now: float) -> None:
        """Void what was said by sources that have been silent for longer than a lease."""
        for source in [each for each, heard in self._heard_at.items() if now - heard > self._lease]:
            self._drop(source, absent_from=now)

    def changes(self, *, now: float) -> dict[str, int]:
        """Take what has another state than when it was taken last."""
        changed: dict[str, int] = {}
        for key, absent_from in list(self._doubtful.items()):
            state = max(self._of_key.get(key, {}).values(), default=ABSENT)
            if state == ABSENT and now < absent_from and key in self._taken:
                continue
            del self._doubtful[key]
            if state == self._taken.get(key, ABSENT):
                continue
            changed[key] = state
            if state == ABSENT:
                del self._taken[key]
            else:
                self._taken[key] = state
        return changed

    def _drop(self, source: str, *, absent_from: float) -> None:
        for key in list(self._of_source.get(source, {})):
            self._put(source, key, ABSENT, absent_from=absent_from)
        self._of_source.pop(source, None)
        self._heard_at.pop(source, None)

    def _put(self, source: str, key: str, state: int, *, absent_from: float) -> None:
        of_source, of_key = self._of_source[source], self._of_key.setdefault(key, {})
        if state == ABSENT:
            of_source.pop(key, None)
            of_key.pop(source, None)
        else:
            of_source[key] = of_key[source] = state
        if not of_key:
            del self._of_key[key]
        self._doubtful[key] = absent_from
