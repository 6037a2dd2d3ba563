"""Sentences made of phrases.toml, by chance that is given as an argument.

topics = read_topics()
talk = Talk(topics[2], Random(7), people=["Mira", "Jonas"])
talk.say("ask")          # 'the queue is slower since Monday: …'
talk.say("answer")       # of the same thing
"""

import re
import tomllib
from importlib import resources
from random import Random
from typing import Any

import msgspec

_SLOT = re.compile(r"\{(?:(?P<least>\d+)\.\.(?P<most>\d+)|(?P<word>\w+)(?P<fresh>\*?))\}")

_FIRST = re.compile(r"^\**\w")

_DEEPEST = 5
"""Slots within slots."""


class Topic(msgspec.Struct, frozen=True):
    """What a channel talks about."""

    name: str
    about: str
    weight: float
    """How much is said in it, in proportion."""

    phrases: dict[str, list[str]]
    """By the name of the list, those that all channels share among them."""

    private: bool = False
    quiet: bool = False
    """Few write in it."""

    pictures: str = ""
    """The kind of picture that is shown in it (pictures.py); none when empty."""


def read_topics() -> list[Topic]:
    """The channels of the demonstration, the one for all first."""
    text = resources.files(__package__ or "").joinpath("phrases.toml").read_text(encoding="utf-8")
    written: dict[str, Any] = tomllib.loads(text)
    return [_topic(each, written["shared"]) for each in written["topic"]]


def _topic(written: dict[str, Any], shared: dict[str, list[str]]) -> Topic:
    """What is no field of a topic is one of its lists."""
    fields = {name: value for name, value in written.items() if name in Topic.__struct_fields__}
    phrases = {name: lines for name, lines in written.items() if name not in fields}
    return Topic(**fields, phrases={**shared, **phrases})


class Talk:
    """One conversation: what was called something in it stays what it was."""

    def __init__(self, topic: Topic, random: Random, people: list[str]) -> None:
        """Args: people: first names that may be mentioned."""
        self._topic = topic
        self._random = random
        self._phrases = {**topic.phrases, "someone": people}
        self._bound: dict[str, str] = {}

    def can(self, kind: str) -> bool:
        """Whether the topic has such sentences."""
        return kind in self._phrases

    def say(self, kind: str) -> str:
        """A sentence of this kind, beginning with a capital letter."""
        return self._sentence(self._random.choice(self._phrases[kind]))

    def ask_and_answer(self) -> tuple[str, str]:
        """A question, and what answers it."""
        questions, answers = self._phrases["ask"], self._phrases["answer"]
        place = self._random.randrange(min(len(questions), len(answers)))
        return self._sentence(questions[place]), self._sentence(answers[place])

    def _sentence(self, phrase: str) -> str:
        return _FIRST.sub(lambda first: first[0].upper(), self._filled(phrase, 0), count=1)

    def _filled(self, text: str, depth: int) -> str:
        if depth > _DEEPEST:
            raise ValueError(f"phrases.toml: {self._topic.name}: slots within slots without an end, in {text!r}")
        return _SLOT.sub(lambda slot: self._fill(slot, depth), text)

    def _fill(self, slot: re.Match[str], depth: int) -> str:
        if slot["word"] is None:
            return str(self._random.randint(int(slot["least"]), int(slot["most"])))
        word = slot["word"]
        if not slot["fresh"] and word in self._bound:
            return self._bound[word]
        filled = self._filled(self._random.choice(self._phrases[word]), depth + 1)
        self._bound.setdefault(word, filled)
        return filled
