"""A message's Markdown as HTML that is safe to put into a page.

    render("Hello *there*")     # '<p>Hello <em>there</em></p>'

CommonMark with tables, strike-through, line breaks where the writer made them, coloured code and bare addresses as
links; no HTML and no images. Two walls stand between a text and a script: markdown-it is told to escape all HTML, and
nh3 (ammonia) then lets through only the tags, attributes and addresses listed here.
"""

import nh3
from markdown_it import MarkdownIt

from chorus.chat.rendering.code import CLASSES, LANGUAGES, colour
from chorus.chat.rendering.links import link_addresses
from chorus.chat.rendering.plain import render_plain

_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip

_markdown = MarkdownIt(
    "commonmark", {"html": False, "breaks": True, "xhtmlOut": False, "maxNesting": 20, "highlight": colour}
)
_markdown.enable(["table", "strikethrough"]).disable(["image"])
_markdown.core.ruler.after("inline", "addresses", link_addresses)

_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    allowed_classes={"span": set(CLASSES), "code": {f"language-{language}" for language in LANGUAGES}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow ugc",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def render(text: str) -> str:
    """The HTML of a text. A long text of brackets and stars takes up to some tenths of a second."""
    plain = render_plain(text)
    return plain if plain is not None else render_markdown(text)


def render_markdown(text: str) -> str:
    """The same, always the long way."""
    return _cleaner.clean(_markdown.render(text)).strip()
