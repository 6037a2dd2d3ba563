"""Conversations: direct messages between two people, or a group of a few. Pure.

A conversation has no name: it is its people, and there is one for each set of people. In storage it is a channel whose
name is made from them, which no channel's name can be:

    conversation_name((5, 36))          # "@5.10": ids in base 36, so that nine of the largest fit
    people_of("@5.10")                  # (5, 36)
"""

from collections.abc import Collection

from chorus.chat.domain.channels import LARGEST_ID, ChannelKind
from chorus.chat.domain.errors import Invalid, NotFound

MOST_PEOPLE = 9
"""In one conversation, whoever began it included; more want a channel."""

_SIGN = "@"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def check_people(people: Collection[int], *, by: int) -> tuple[int, ...]:
    """The ids of those in a conversation that `by` begins with `people`, ascending; alone, it is a place for notes.

    Raises:
        NotFound: no account ever has such an id.
        Invalid: more than 9 people.
    """
    everybody = tuple(sorted({*people, by}))
    for account in everybody:
        if not 0 < account <= LARGEST_ID:
            raise NotFound(f"There is no account {account}")
    if len(everybody) > MOST_PEOPLE:
        raise Invalid(f"people: found {len(everybody)} with you, expected at most {MOST_PEOPLE}; make a channel")
    return everybody


def kind_of(people: Collection[int]) -> ChannelKind:
    """Direct between two, or alone with oneself; a group of more."""
    return ChannelKind.DIRECT if len(people) <= 2 else ChannelKind.GROUP


def conversation_name(people: Collection[int]) -> str:
    """The name under which the conversation of these people is kept: the same for any order, at most 64 characters."""
    return _SIGN + ".".join(_in_base_36(account) for account in sorted(people))


def people_of(name: str) -> tuple[int, ...]:
    """Who is in the conversation kept under this name; nobody in that of a channel."""
    if not name.startswith(_SIGN):
        return ()
    return tuple(int(account, 36) for account in name.removeprefix(_SIGN).split("."))


def _in_base_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
