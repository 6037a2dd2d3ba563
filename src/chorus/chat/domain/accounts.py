"""People and programs that use the server."""

import re
import unicodedata
from enum import StrEnum

import msgspec

from chorus.chat.domain.errors import Invalid, TooLarge
from chorus.chat.domain.scopes import Scope

HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,31}")
"""What is typed after the @: 2 to 32 characters."""

RESERVED = frozenset({"all", "channel", "everyone", "here"})
"""What calls everybody in a channel after the @; no account has one of these as its handle."""

ME = "me"
"""Whoever asks, where a handle may stand; no account has it, since nobody would find what it said."""

_JOINER = re.compile(r"(?<=[^\x00-\x7f\s\u200c\u200d])[\u200c\u200d](?=[^\x00-\x7f\s\u200c\u200d])")
"""One zero-width joiner or non-joiner between two characters that may be drawn differently for it; no ASCII one is."""

LONGEST_NAME = 64
"""Characters."""

SHORTEST_PASSWORD = 8
"""Characters; length is what counts (NIST SP 800-63B), so there are no rules on their kind."""

LONGEST_PASSWORD = 1024
"""Characters: hashing must not become a way to keep us busy."""


class Role(StrEnum):
    """What an account is; what it may do stands in `policies.py`."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    GUEST = "guest"
    BOT = "bot"


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who can sign in. Fields at their default are not sent."""

    id: int
    handle: str
    name: str
    role: Role
    deactivated: bool = False
    """Cannot sign in; what they said stays."""

    scopes: tuple[Scope, ...] | None = None
    """Of a bot that shows a token: what that token is good for. Others may do whatever their role may."""


def handle_key(handle: str) -> str:
    """The form in which handles are compared: Ada and ada are one account."""
    return handle.lower()


def check_handle(handle: str) -> str:
    """Return the handle as it is kept.

    Raises:
        Invalid: not 2 to 32 ASCII letters, digits, dots, dashes and underscores, beginning with a letter or digit; or
            a word that calls everybody.
    """
    handle = handle.strip().removeprefix("@")
    if not HANDLE.fullmatch(handle):
        raise Invalid(
            "handle: expected 2 to 32 letters, digits, dots, dashes or underscores, beginning with a letter or digit"
        )
    if handle_key(handle) in RESERVED:
        raise Invalid(f"handle: @{handle} means everybody in a channel")
    if handle_key(handle) == ME:
        raise Invalid(f"handle: @{handle} means whoever asks")
    return handle


def check_name(name: str) -> str:
    """Return the name as it is kept: Unicode's composed form, no space around it.

    Raises:
        Invalid: empty, or with control or invisible characters, except for the joiners inside a name that Persian,
            Indic scripts and emoji are written with.
        TooLarge: above 64 characters.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise Invalid("name: expected at least one character")
    if len(name) > LONGEST_NAME:
        raise TooLarge(f"name: found {len(name)} characters, expected at most {LONGEST_NAME}")
    if not _JOINER.sub("", name).isprintable():
        raise Invalid("name: control and invisible characters are not allowed")
    return name


def check_password(password: str, *, field: str = "password") -> str:
    """Return the password unchanged; `field` is what its place is called where it was given.

    Raises:
        Invalid: shorter than 8 characters, or not encodable.
        TooLarge: above 1,024 characters.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"{field}: found {len(password)} characters, expected at least {SHORTEST_PASSWORD}")
    if len(password) > LONGEST_PASSWORD:
        raise TooLarge(f"{field}: found {len(password)} characters, expected at most {LONGEST_PASSWORD}")
    return password
