"""The people of the demonstration: names from many places, each with a handle of its own."""

from random import Random
from typing import NamedTuple

GIVEN = (
    "Mira", "Jonas", "Aiko", "Priya", "Tomás", "Lena", "Amara", "Felix", "Ines", "Kofi", "Noor", "Oskar", "Paula",
    "Ravi", "Sana", "Théo", "Uma", "Viktor", "Wanda", "Yusuf", "Zora", "Anton", "Bea", "Carlos", "Dalia", "Emil",
    "Freya", "Goran", "Hana", "Ivo", "Jasmin", "Kenji", "Leila", "Marek", "Nina", "Omar", "Petra", "Quentin", "Rosa",
    "Samuel", "Tara", "Ulrich", "Vera", "Wen", "Ximena", "Yara", "Zoltan", "Adele", "Bruno", "Chiara",
)  # fmt: skip

FAMILY = (
    "Okafor", "Lindqvist", "Tanaka", "Raman", "Herrera", "Brandt", "Mensah", "Novak", "Carvalho", "Haddad", "Kowalski",
    "Moreau", "Iyer", "Sørensen", "Petrov", "Nakamura", "Öztürk", "Farah", "Silva", "Horvat", "Jansen", "Keller",
    "Larsson", "Marino", "Nguyen", "Osei", "Popescu", "Quist", "Rossi", "Szabó", "Torres", "Urban", "Vasquez", "Weber",
    "Yilmaz", "Zeman", "Abbott", "Bakker", "Costa", "Dvořák", "Eriksen", "Fischer", "Gupta", "Hughes", "Ito", "Jurić",
)  # fmt: skip

MOST = len(GIVEN) * len(FAMILY)
"""Different names."""

_ASCII = str.maketrans("áéóöøűřçńş", "aeooourcns")


class Person(NamedTuple):
    """One of them."""

    handle: str
    name: str
    role: str
    """"owner", "admin", "member" or "guest"."""

    diligence: float
    """How much they say, in proportion to others."""


def team(random: Random, count: int) -> list[Person]:
    """So many people, at most `MOST`: the first owns the server, one in 40 is an admin, one in 25 a guest."""
    pairs = list(zip(GIVEN[:6], FAMILY[:6], strict=True))
    rest = [(given, family) for given in GIVEN for family in FAMILY if (given, family) not in pairs]
    pairs += random.sample(rest, max(0, count - len(pairs)))
    taken: set[str] = set()
    return [
        Person(_handle(given, family, taken), f"{given} {family}", _role(place), random.paretovariate(1.6))
        for place, (given, family) in enumerate(pairs[:count])
    ]


def _handle(given: str, family: str, taken: set[str]) -> str:
    """The given name if nobody has it yet, else with as much of the family name as it takes."""
    first, last = _plain(given), _plain(family)
    options = [first, *(f"{first}.{last[:length]}" for length in range(1, len(last) + 1))]
    handle = next(each for each in options if each not in taken)
    taken.add(handle)
    return handle


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower().translate(_ASCII) if letter.isascii())


def _role(place: int) -> str:
    if place == 0:
        return "owner"
    return "admin" if place % 40 == 1 else "guest" if place % 25 == 24 else "member"
