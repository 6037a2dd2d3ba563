r"""The namespaces of one instance: those made by name, and those that clients made of a pattern.

namespaces = Namespaces(make)
namespaces.get("/chat")                     # made at the first call
namespaces.add_pattern(r"/document/\d+", most=1_000)
namespaces.find("/document/7")              # made at the first call; None when nothing matches
"""

from collections.abc import Callable, Iterator

from chorus.realtime.errors import UsageError
from chorus.realtime.server.declarations import Declarations, Declared
from chorus.realtime.server.namespace import Namespace
from chorus.realtime.server.pattern import NamespacePattern


class Namespaces:
    """Args: make: a namespace of this name, with these declarations."""

    def __init__(self, make: Callable[[str, Declared], Namespace]) -> None:
        self._make = make
        self._named: dict[str, Namespace] = {}
        self._patterns: list[NamespacePattern] = []

    def __iter__(self) -> Iterator[Namespace]:
        """All there are now, by name first."""
        yield from self._named.values()
        for pattern in self._patterns:
            yield from pattern.namespaces

    @property
    def declarations(self) -> tuple[Declarations, ...]:
        """What was declared: a namespace, or a pattern."""
        return (*self._named.values(), *self._patterns)

    def get(self, name: str) -> Namespace:
        """The namespace of this name; made where there is none.

        Raises:
            UsageError: the name does not begin with a slash, or holds a comma.
        """
        if not name.startswith("/") or "," in name:
            raise UsageError(f"namespace {name!r}: expected a name like /chat, without commas")
        namespace = self.find(name)
        if namespace is None:
            namespace = self._named[name] = self._make(name, Declared())
        return namespace

    def add_pattern(self, pattern: str, *, most: int) -> NamespacePattern:
        """Have clients make namespaces whose names match, up to so many at a time.

        Raises:
            UsageError: it is no regular expression, or no name could match it.
        """
        found = NamespacePattern(pattern, most, self._make)
        self._patterns.append(found)
        return found

    def find(self, name: str) -> Namespace | None:
        """The namespace of this name, if it was made or is one of a pattern."""
        namespace = self._named.get(name)
        for pattern in self._patterns if namespace is None else ():
            namespace = pattern.find(name)
            if namespace is not None:
                break
        return namespace
