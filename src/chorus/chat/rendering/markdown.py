"""A message's Markdown as HTML that is safe to put into a page.

    render("Hello *there*")                     # '<p>Hello <em>there</em></p>'
    compose("Hello @ada", {"ada": 5})           # Composed('<p>Hello <span …>@ada</span></p>', mentions=(5,))

CommonMark with tables, strike-through, line breaks where the writer made them, coloured code, bare addresses as
links, and emoji by their names; no HTML and no images. Two walls stand between a text and a script: markdown-it is told
to escape all HTML, and nh3 (ammonia) then lets through only the tags, attributes and addresses listed here.
"""

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Any

import msgspec
import nh3
from markdown_it import MarkdownIt

from chorus.chat.domain.visible import shows_something
from chorus.chat.rendering.code import CLASSES, LANGUAGES, colour
from chorus.chat.rendering.emoji import show_emoji
from chorus.chat.rendering.links import link_addresses
from chorus.chat.rendering.mentions import ACCOUNTS, CALLED, mark_mentions
from chorus.chat.rendering.plain import render_plain
from chorus.chat.rendering.quotes import bounded_quote
from chorus.chat.rendering.tables import bounded_table

_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip

_TAG = re.compile("<[^>]*>")
"""A tag as the cleaner writes it, which escapes `>` in attributes."""

_markdown = MarkdownIt(
    "commonmark", {"html": False, "breaks": True, "xhtmlOut": False, "maxNesting": 20, "highlight": colour}
)
_markdown.enable(["table", "strikethrough"]).disable(["image"])
_markdown.block.ruler.at("table", bounded_table, {"alt": ["paragraph", "reference"]})
_markdown.block.ruler.at("blockquote", bounded_quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
_markdown.core.ruler.after("inline", "addresses", link_addresses)
_markdown.core.ruler.after("addresses", "emoji", show_emoji)
_markdown.core.ruler.after("emoji", "mentions", mark_mentions)

_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={"*": set(), "a": {"href", "title"}, "ol": {"start"}, "span": {"data-mention"}},
    allowed_classes={"span": {*CLASSES, "mention"}, "code": {f"language-{language}" for language in LANGUAGES}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow ugc",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


class Composed(msgspec.Struct, frozen=True):
    """A text as it is shown."""

    html: str
    mentions: tuple[int, ...]
    """The accounts it calls, each once; 0 is everybody in the channel."""


def compose(text: str, accounts: Mapping[str, int]) -> Composed:
    """The HTML of a text and whom it calls; `accounts` has the id of each handle that somebody has, as compared.

    A text made for it takes up to 80 ms of a processor for each 1,000 characters. HTML that grows out of proportion is
    not kept, nor is one in which nothing is seen, as of an address that is named and not used (`[docs]: https://…`):
    the text is shown as it was written then.
    """
    plain = None if "@" in text else render_plain(text)
    return Composed(plain, ()) if plain is not None else _compose(text, accounts)


def render(text: str) -> str:
    """The HTML of a text in which nobody is called but everybody."""
    plain = render_plain(text)
    return plain if plain is not None and "@" not in text else render_markdown(text)


def render_markdown(text: str) -> str:
    """The same, always the long way."""
    return _compose(text, {}).html


def _compose(text: str, accounts: Mapping[str, int]) -> Composed:
    environment: dict[str, Any] = {ACCOUNTS: accounts}
    html = _cleaner.clean(_markdown.render(text, environment)).strip()
    if len(html) > 8 * len(text) + 1000 or not _shows_something(html):
        html = _cleaner.clean(f"<p>{escape(text, quote=False)}</p>".replace("\n", "<br>\n"))
    return Composed(html, tuple(environment.get(CALLED, ())))


def _shows_something(html: str) -> bool:
    return "<hr>" in html or shows_something(unescape(_TAG.sub("", html)))
