"""Whether a function can be called as it will be: known when it is declared, not when the first client comes."""

import inspect
from collections.abc import Callable
from typing import Any

from chorus.realtime.errors import UsageError


def check_takes(function: Callable[..., Any], what: str, *arguments: str) -> None:
    """Pass a function that these arguments can be given to, in this order.

    Args:
        function: as it was declared.
        what: it is to be, for the error.
        arguments: their names, for the error.

    Raises:
        UsageError: it takes fewer, or wants more; or is no function.
    """
    if not callable(function):
        raise UsageError(f"{what}: found {function!r:.100}, expected a function")
    try:
        signature = inspect.signature(function)
    except ValueError:  # of what is written in C, not all say
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        raise UsageError(f"{function!r}: {what} takes ({', '.join(arguments)}), found {signature}") from None
