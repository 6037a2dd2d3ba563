r"""What an instance tells under one topic of the directory, as changes that can travel.

    topic = Topic("0", roll)
    topic.note("sid of ann", "room:7")
    list(topic.changes())      # [Change(there=[("sid of ann", '["0",["room:7"]]')], got=["room:7\0sid of ann"])]
    list(topic.everything())   # all there is, likewise in parts

Entries are JSON, the instance and its labels; "<label>\0<key>" stands for a label of a key.
"""

from collections.abc import Collection, Iterator

import msgspec

from chorus.realtime.backplane.directory import Listed, Roll

MOST = 1000
"""Entries in one change: whoever takes it in keeps everybody waiting."""


class Change(msgspec.Struct):
    """As MessagePack, for a script: texts only, the servers' libraries know no bytes in it."""

    there: list[tuple[str, str]] = []
    gone: list[str] = []
    got: list[str] = []
    lost: list[str] = []


class Topic:
    """One of them."""

    def __init__(self, instance: str, roll: Roll) -> None:
        self._instance = instance
        self._roll = roll
        self._changed: dict[str, set[str]] = {}

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not any(True for _ in self._roll.everything())

    def note(self, key: str, label: str) -> None:
        """A key got a label or lost it."""
        self._changed.setdefault(key, set()).add(label)

    def changes(self) -> Iterator[Change]:
        """What was noted until the first part is taken, as it is by then; what is noted later travels behind."""
        changed, self._changed = list(self._changed.items()), {}
        for begin in range(0, len(changed), MOST):
            part = Change()
            for key, labels in changed[begin : begin + MOST]:
                now = self._roll.labels(key)
                if now is None:
                    part.gone.append(key)
                else:
                    part.there.append((key, _entry(self._instance, now)))
                for label in labels:
                    (part.got if now is not None and label in now else part.lost).append(_member(label, key))
            yield part

    def everything(self) -> Iterator[Change]:
        """All there is, in place of what was noted; what is noted from the first part on travels behind."""
        self._changed.clear()
        keys = list(self._roll.everything())
        for begin in range(0, len(keys), MOST):
            part = Change()
            for key in keys[begin : begin + MOST]:
                labels = self._roll.labels(key)
                if labels is not None:
                    part.there.append((key, _entry(self._instance, labels)))
                    part.got += [_member(label, key) for label in labels]
            yield part


def listed(key: str, entry: bytes) -> Listed:
    """What another instance told of a key."""
    instance, labels = _entries.decode(entry)
    return Listed(key, frozenset(labels), instance)


_entries = msgspec.json.Decoder(tuple[str, list[str]])


def _member(label: str, key: str) -> str:
    return f"{label}\0{key}"


def _entry(instance: str, labels: Collection[str]) -> str:
    return msgspec.json.encode((instance, list(labels))).decode()
