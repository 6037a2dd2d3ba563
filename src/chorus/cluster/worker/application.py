"""Finding the application: `package.module:attribute`, an ASGI application or a function that makes one."""

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, cast

Application = Callable[..., Any]
"""An ASGI 3 application."""

_SHOWN = 6
"""Lines of a failed import's traceback that are shown."""


class CannotLoad(Exception):
    """There is no application to serve: one clear line for the operator."""

    def __init__(self, line: str, excerpt: str = "") -> None:
        super().__init__(line)
        self.excerpt = excerpt
        """The last lines of the traceback, when the application's own code raised."""


def load(target: str) -> Application:
    """Import the module, from the working directory too, and return the application. Raises CannotLoad.

    The package that the target names is looked for in the working directory first; whatever else is there comes behind
    the standard library and what is installed: a redis.py of somebody's is not taken for the library.
    """
    module_name, colon, attribute = target.partition(":")
    if not (module_name and colon and attribute):
        raise CannotLoad(f"expected package.module:attribute, found {target!r}")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    sys.meta_path.insert(0, own := _Own(module_name.partition(".")[0], os.getcwd()))
    try:
        found: Any = _import(module_name)
    finally:
        sys.meta_path.remove(own)
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise CannotLoad(f"module {module_name} has no {attribute!r}")
        found = getattr(found, name)
    return _application(found, target)


class _Own:
    """A meta path finder: finds one package in the working directory, before anybody else looks for it.

    It is one by its method: `importlib.abc`, which has a base for them, loads tempfile, random and a dozen others.
    """

    def __init__(self, package: str, folder: str) -> None:
        self._package, self._folder = package, folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if fullname != self._package:
            return None
        return PathFinder.find_spec(fullname, [self._folder])


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise CannotLoad(f"there is no module {error.name!r} (working directory {os.getcwd()})") from error
        raise _raised(f"importing {name}", error) from error
    except Exception as error:
        raise _raised(f"importing {name}", error) from error


def _application(found: Any, target: str) -> Application:
    if _takes(found, 3):
        return cast("Application", found)
    if not _takes(found, 0):
        raise CannotLoad(f"{target} is neither an ASGI application nor a function without arguments that makes one")
    try:
        made = found()
    except Exception as error:
        raise _raised(f"calling {target}", error) from error
    if not _takes(made, 3):
        raise CannotLoad(f"{target}() gave {type(made).__name__}, which is no ASGI application")
    return cast("Application", made)


def _takes(found: Any, arguments: int) -> bool:
    if not callable(found):
        return False
    try:
        inspect.signature(found).bind(*[None] * arguments)
    except (TypeError, ValueError):  # does not fit, or is written in C and says nothing
        return False
    return True


def _raised(doing: str, error: Exception) -> CannotLoad:
    lines = "".join(traceback.format_exception(error)).rstrip().split("\n")
    return CannotLoad(f"{doing} failed: {one_line(error)}", "\n".join(lines[-_SHOWN:]))


def one_line(error: BaseException) -> str:
    """An exception as one line."""
    return " ".join("".join(traceback.format_exception_only(error)).split())
