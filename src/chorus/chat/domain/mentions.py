"""Who is called by a text: @ada, @channel (or @all, @everyone), @here. Pure.

    handles_in("Ask @ada. or mail@example.org")                 # {"ada.", "ada"}: what may be somebody's handle
    list(calls_in("Ask @ada.", {"ada": 5}))                     # [Call(4, 8, 5)]

A sentence may end after a handle, and a handle may end with a dot; so the longest one that somebody has is meant.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from chorus.chat.domain.accounts import HANDLE, RESERVED, handle_key

EVERYBODY = 0
"""Stands for all members of the channel, where account ids stand."""

MOST_HANDLES = 50
"""Different ones of a text that are looked up; further ones call nobody."""

_CALL = re.compile(rf"(?<![\w@/.+-])@({HANDLE.pattern})(?![A-Za-z0-9_])")
_ENDS = "._-"


class Call(msgspec.Struct, frozen=True):
    """A place in a text that calls somebody."""

    start: int
    end: int
    account: int
    """An account's id, or EVERYBODY."""


def handles_in(text: str) -> set[str]:
    """What stands after an @ and may be a handle, in the form in which handles are compared."""
    found: dict[str, None] = {}
    for call in _CALL.finditer(text):
        found.update(dict.fromkeys(handle_key(form) for form in _forms(call[1])))
        if len(found) >= MOST_HANDLES:
            break
    return set(list(found)[:MOST_HANDLES]) - RESERVED


def calls_in(text: str, accounts: Mapping[str, int]) -> Iterator[Call]:
    """The places that call somebody; `accounts` has the id of each handle's account, as compared."""
    for call in _CALL.finditer(text):
        for form in _forms(call[1]):
            key = handle_key(form)
            account = EVERYBODY if key in RESERVED else accounts.get(key)
            if account is not None:
                yield Call(call.start(), call.start() + 1 + len(form), account)
                break


def _forms(handle: str) -> Iterator[str]:
    """The handle, and what is left of it when the sentence's signs at its end are taken away, one by one."""
    yield handle
    while handle[-1] in _ENDS and len(handle) > 2:  # no handle is shorter
        handle = handle[:-1]
        yield handle
