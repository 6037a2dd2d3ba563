"""Slack's mrkdwn as our Markdown. Pure.

    to_markdown("*Done:* <https://ci.example|build 7>")     # "**Done:** [build 7](<https://ci.example>)"

Theory of operation. What is to be passed over (code, links, addresses) is taken out first and leaves a mark, NUL and a
number, which no text of ours can hold. What is left is read for *bold*, _italic_ and ~struck~; every other character
that Markdown would read is escaped. So a text shows here what it shows there, and nothing is formatting by chance.

Source: https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Callable

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE_OR_ANGLE = re.compile(r"`(?P<code>[^`\n]+)`|<(?P<angle>(?:https?://|mailto:|[@#!])[^<>\n]+)>", re.IGNORECASE)
"""Whichever begins first: what looks like the other one within it is its text."""

_ADDRESS = re.compile(r"https?://[^\s<>|\"\0]*[^\s<>|\".,:;!?*_~)\]'\0]")
_FORMAT = re.compile(
    r"(?<![\w*~])(?:"
    r"\*(?=[^\s*])(?P<bold>[^*\n]*[^*\s])\*"
    r"|_(?=[^\s_])(?P<italic>[^_\n]*[^_\s])_"
    r"|~(?=[^\s~])(?P<struck>[^~\n]*[^~\s])~"
    r")(?![\w*~])"
)
_CALL = re.compile(r"(?<![\w@/.+-])@[A-Za-z0-9][A-Za-z0-9._-]{1,31}")
_BLOCK = re.compile(r"#|[-=+]+\s*$")
"""A line that Markdown would read as a heading, a rule or a list's item with nothing in it."""

_NUMBER = re.compile(r"^([0-9]{1,9})([.)])\s*$")
_SPECIAL = re.compile(r"[\\`*_~\[\]<>|&]")
_HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,31}")
_MARK = re.compile("\0([0-9]+)\0")
_LINKS = ("http://", "https://", "mailto:")
_MARKERS = {"bold": "**", "italic": "_", "struck": "~~"}
_EVERYBODY = {"!channel": "@channel", "!everyone": "@channel", "!here": "@here"}


def to_markdown(text: str) -> str:
    """Write a text of Slack's as Markdown."""
    return _Kept().markdown(text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n"))


def escaped(text: str) -> str:
    """Plain text, in one line, as Markdown that shows just it."""
    return _line(" ".join(text.replace("\0", "").split()), _literal)


def link(address: str, label: str) -> str:
    """A link, where the address may be one; the label alone otherwise."""
    if not address.lower().startswith(_LINKS) or re.search(r"[\s<>]", address):
        return escaped(label)
    target = re.sub(r"[\\&]", r"\\\g<0>", address)
    return f"[{escaped(label)}](<{target}>)"


class _Kept:
    """What was taken out of a text, by its number."""

    def __init__(self) -> None:
        self._kept: list[str] = []

    def markdown(self, text: str) -> str:
        text = _FENCE.sub(lambda found: "\n" + self._keep(_fenced(_plain(found[1]))) + "\n", text)
        text = _CODE_OR_ANGLE.sub(lambda found: self._keep(_span(found)), text)
        text = _ADDRESS.sub(lambda found: self._keep(link(_plain(found[0]), _plain(found[0]))), text)
        text = _CALL.sub(lambda found: self._keep(found[0]), text)
        text = _in_lines(_plain(text), _inline)
        return _MARK.sub(lambda found: self._kept[int(found[1])], text).strip("\n")

    def _keep(self, markdown: str) -> str:
        self._kept.append(markdown)
        return f"\0{len(self._kept) - 1}\0"


def _plain(text: str) -> str:
    """The three characters that Slack has escaped, as they are."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _fenced(code: str) -> str:
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code}\n{fence}"


def _span(found: re.Match[str]) -> str:
    return f"`{_plain(found['code'])}`" if found["code"] else _angle(found["angle"])


def _angle(inside: str) -> str:
    """What stands between < and >: a link, somebody who is called, a channel, a date."""
    target, _, label = inside.partition("|")
    target, label = _plain(target), _plain(label)
    if target.startswith("@"):
        called = (label or target).removeprefix("@")
        return f"@{called}" if _HANDLE.fullmatch(called) else escaped(f"@{called}")
    if target in _EVERYBODY:
        return _EVERYBODY[target]
    if target.startswith("!"):
        return escaped(label or target)
    if target.startswith("#"):
        return escaped("#" + (label or target).removeprefix("#"))
    return link(target, label or target.removeprefix("mailto:"))


def _in_lines(text: str, inline: Callable[[str], str]) -> str:
    """Line by line: quotes stay quotes and end with their line; nothing begins a heading, a rule or indented code."""
    written: list[str] = []
    quoted = all_quoted = False
    for line in text.split("\n"):
        words = line.lstrip(" \t")
        all_quoted = all_quoted or words.startswith(">>>")
        quote = all_quoted or words.startswith(">")
        if quoted and not quote and words:
            written.append("")
        quoted = quote
        words = words.lstrip("> ") if words.startswith(">") else words
        shown = _line(words, inline)
        written.append(f"> {shown}" if quote else shown)
    return "\n".join(written)


def _line(words: str, inline: Callable[[str], str]) -> str:
    """One line, of which Markdown reads no more than `inline` has left to it."""
    shown = _NUMBER.sub(r"\1\\\2", inline(words))
    return f"\\{shown}" if _BLOCK.match(words) else shown


def _inline(line: str) -> str:
    parts: list[str] = []
    done = 0
    for found in _FORMAT.finditer(line):
        kind = found.lastgroup or ""
        parts += [_literal(line[done : found.start()]), _MARKERS[kind], _inline(found[kind]), _MARKERS[kind]]
        done = found.end()
    return "".join([*parts, _literal(line[done:])])


def _literal(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
