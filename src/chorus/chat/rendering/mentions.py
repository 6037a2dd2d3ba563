"""Marks who is called by a message's text: `<span class="mention" data-mention="5">@ada</span>`; "0" is everybody.

Not in code and not in links: markdown-it has taken those out when this runs.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from chorus.chat.domain.mentions import calls_in

ACCOUNTS = "accounts"
"""The key of the environment: handle, as compared, → account id."""

CALLED = "called"
"""The key under which the rule leaves who was called, each once, in order."""


def mark_mentions(state: StateCore) -> None:
    """A markdown-it core rule, to run after `inline` and the addresses: splits text tokens at their mentions."""
    for block in state.tokens:
        if block.type == "inline" and block.children and "@" in block.content:
            block.children = list(_marked(block.children, state))


def _marked(tokens: list[Token], state: StateCore) -> Iterator[Token]:
    within = 0
    for token in tokens:
        within += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not within and "@" in token.content:
            yield from _split(token, state)
        else:
            yield token


def _split(token: Token, state: StateCore) -> Iterator[Token]:
    accounts = cast("Mapping[str, int]", state.env.get(ACCOUNTS, {}))
    called = cast("dict[int, None]", state.env.setdefault(CALLED, {}))
    done = 0
    for call in calls_in(token.content, accounts):
        called[call.account] = None
        if call.start > done:
            yield _text(token.content[done : call.start], token.level)
        attributes: dict[str, str | int | float] = {"class": "mention", "data-mention": str(call.account)}
        yield Token("mention_open", "span", 1, attributes, level=token.level)
        yield _text(token.content[call.start : call.end], token.level + 1)
        yield Token("mention_close", "span", -1, level=token.level)
        done = call.end
    if done < len(token.content):
        yield _text(token.content[done:], token.level)


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)
