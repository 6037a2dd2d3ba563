"""Turns bare addresses in a message's text into links: https://example.org, is one, the comma is not in it."""

import re
from collections.abc import Iterator

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_ADDRESS = re.compile(r"(?<![\w/])https?://[^\s<>\"'`|\\^{}]+", re.IGNORECASE)
_TRAILING = ".,:;!?*_~"
"""Punctuation at the end of an address belongs to the sentence."""


def link_addresses(state: StateCore) -> None:
    """A markdown-it core rule, to run after `inline`: splits text tokens outside of links at their addresses."""
    for block in state.tokens:
        if block.type == "inline" and block.children and "://" in block.content:
            block.children = list(_linked(block.children, state))


def _linked(tokens: list[Token], state: StateCore) -> Iterator[Token]:
    within = 0
    for token in tokens:
        within += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not within and "://" in token.content:
            yield from _split(token, state)
        else:
            yield token


def _split(token: Token, state: StateCore) -> Iterator[Token]:
    done = 0
    for found in _ADDRESS.finditer(token.content):
        address = _trimmed(found[0])
        target = state.md.normalizeLink(address)
        if not state.md.validateLink(target):
            continue
        if found.start() > done:
            yield _text(token.content[done : found.start()], token.level)
        yield Token("link_open", "a", 1, {"href": target}, level=token.level)
        yield _text(address, token.level + 1)
        yield Token("link_close", "a", -1, level=token.level)
        done = found.start() + len(address)
    if done < len(token.content):
        yield _text(token.content[done:], token.level)


def _trimmed(address: str) -> str:
    """The address without the sentence's punctuation, and without a bracket that was opened before it."""
    while address:
        shorter = address.rstrip(_TRAILING)
        if shorter.endswith(")") and shorter.count(")") > shorter.count("("):
            shorter = shorter[:-1]
        if shorter == address:
            break
        address = shorter
    return address


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)
