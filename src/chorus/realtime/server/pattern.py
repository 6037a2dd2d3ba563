r"""Namespaces that share their handlers and come to be when the first client wants in: one for each document, say.

    documents = server.namespaces(r"/document/\d+")

    @documents.on("edit")
    def edit(client, change):
        client.others.emit("edited", change)      # the others of this document; client.namespace says which it is

Each is a namespace of its own: its rooms, its clients and what is emitted there are nobody else's. The same names match
on all instances, so it is one namespace on all of them.
"""

import logging
import re
from collections.abc import Callable

from chorus.realtime.errors import UsageError
from chorus.realtime.server.declarations import Declarations, Declared
from chorus.realtime.server.namespace import Namespace

_log = logging.getLogger(__name__)
_LONGEST_NAME = 200
"""Characters. Clients choose the names, and a pattern may take long to look at a long one."""


class NamespacePattern(Declarations):
    """Made by `Server.namespaces`."""

    def __init__(self, pattern: str, most: int, make: Callable[[str, Declared], Namespace]) -> None:
        super().__init__(f"namespaces {pattern}", Declared())
        self._pattern = _compiled(pattern)
        self._most = most
        self._make = make
        self._children: dict[str, Namespace] = {}

    @property
    def namespaces(self) -> tuple[Namespace, ...]:
        """Those there are on this instance."""
        return tuple(self._children.values())

    def find(self, name: str) -> Namespace | None:
        """The namespace of this name, made at the first call; None when it does not match, or there are too many."""
        namespace = self._children.get(name)
        if namespace is not None:
            return namespace
        if len(name) > _LONGEST_NAME or self._pattern.fullmatch(name) is None:
            return None
        if len(self._children) >= self._most and not self._forget_empty():
            _log.warning("%s: %d are in use, allowed %d; %s is refused", self.name, self._most, self._most, name)
            return None
        namespace = self._children[name] = self._make(name, self.declared)
        return namespace

    def _forget_empty(self) -> bool:
        """Make room; whether there is some now."""
        for name, namespace in list(self._children.items()):
            if namespace.is_empty:
                namespace.close()
                del self._children[name]
        return len(self._children) < self._most


def _compiled(pattern: str) -> re.Pattern[str]:
    """Raises UsageError: it is no pattern, or one that no name matches."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"namespaces {pattern!r}: no regular expression: {error}") from None
    if pattern[:1].isalnum() or not pattern:
        raise UsageError(f"namespaces {pattern!r}: expected a pattern that begins with a slash, as all names do")
    return compiled
