"""A class of annotated fields: what a frozen dataclass is, without its price at the start of a process.

A dataclass compiles six functions of its own and imports `inspect` for it. For the thirty classes of the wire that was
a third of what a keeper needs to start. Here the functions are written once, for all of them.

    class Exited(Struct):
        code: int | None
        signal: int | None = None

    Exited(7) == Exited(code=7)                         # by position or by name; equal when type and values are
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

T = TypeVar("T")


class _Made:
    """A default that each instance gets a new one of."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def field(*, default_factory: Callable[[], T]) -> T:
    """A default that is made anew for each instance: of a list or a dict."""
    return cast("T", _Made(default_factory))


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Struct:
    """Base of classes whose instances are their fields and do not change. A field with a value has it as its default.

    Raises TypeError for a field that is missing, unknown or given twice.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    """The fields in their order, those of the base first."""

    def __init_subclass__(cls) -> None:
        cls.__match_args__ = tuple(dict.fromkeys((*cls.__match_args__, *cls.__annotations__)))

    def __init__(self, *values: Any, **named: Any) -> None:
        names = self.__match_args__
        given = {**dict(zip(names, values, strict=False)), **named}
        if len(given) < len(values) + len(named) or not given.keys() <= set(names):
            found = f"found {len(values)} by position and {sorted(named)} by name"
            raise TypeError(f"{type(self).__name__} has the fields {names}, {found}")
        for name in names:
            vars(self)[name] = given[name] if name in given else self._default(name)

    @classmethod
    def _default(cls, name: str) -> Any:
        if not hasattr(cls, name):
            raise TypeError(f"{cls.__name__}.{name} is missing")
        default = getattr(cls, name)
        return default.factory() if isinstance(default, _Made) else default

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return vars(other) == vars(self) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


def as_dict(struct: Struct) -> dict[str, Any]:
    """The fields and their values, structs in them likewise; lists and dicts of plain values are shared, not copied."""
    return {name: _plain(value) for name, value in vars(struct).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return as_dict(value)
    return [_plain(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value
