"""Slack's blocks, the basic ones, as Markdown: header, section, context, divider, image and rich text. Pure.

What is there to be pressed or chosen (buttons, menus) is passed over: there is nobody behind it here.

Source: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from chorus.chat.slack.mrkdwn import escaped, link, to_markdown

MOST_BLOCKS = 50
"""As Slack has it."""

_DEEPEST = 5
"""Levels of elements in rich text."""


class InvalidBlocks(Exception):
    """Too many, or something that is no block."""


def markdown_of(blocks: Sequence[Mapping[str, Any]]) -> str:
    """The blocks, one paragraph each.

    Raises:
        InvalidBlocks: there are too many, or one has no type.
    """
    if len(blocks) > MOST_BLOCKS:
        raise InvalidBlocks
    parts = [_block(block) for block in blocks]
    return "\n\n".join(part for part in parts if part.strip())


def _block(block: Mapping[str, Any]) -> str:
    kind = block.get("type")
    if not isinstance(kind, str):
        raise InvalidBlocks
    write = _BLOCKS.get(kind)
    return write(block) if write else ""


def _header(block: Mapping[str, Any]) -> str:
    words = escaped(_string(_mapping(block.get("text")).get("text")))
    return f"**{words}**" if words else ""


def _section(block: Mapping[str, Any]) -> str:
    fields = [_text(each) for each in _mappings(block.get("fields"))]
    return "\n".join(part for part in (_text(_mapping(block.get("text"))), *fields) if part)


def _context(block: Mapping[str, Any]) -> str:
    parts = (_image(each) if each.get("type") == "image" else _text(each) for each in _mappings(block.get("elements")))
    return " · ".join(part for part in parts if part)


def _divider(_: Mapping[str, Any]) -> str:
    return "---"


def _image(block: Mapping[str, Any]) -> str:
    address = _string(block.get("image_url"))
    title = _string(_mapping(block.get("title")).get("text")) or _string(block.get("alt_text")) or address
    return link(address, title) if address else escaped(title)


def _rich_text(block: Mapping[str, Any]) -> str:
    return "\n\n".join(_rich(each, _DEEPEST) for each in _mappings(block.get("elements")))


def _rich(element: Mapping[str, Any], depth: int) -> str:
    """One element of rich text."""
    if depth == 0:
        raise InvalidBlocks
    inside = [_rich(each, depth - 1) for each in _mappings(element.get("elements"))]
    match element.get("type"):
        case "rich_text_list":
            return "\n".join(f"- {each}" for each in inside)
        case "rich_text_quote":
            return "\n".join(f"> {line}" for line in "".join(inside).split("\n"))
        case "rich_text_preformatted":
            return f"```\n{_words(element)}\n```".replace("\n\n```", "\n```")
        case "link":
            address = _string(element.get("url"))
            return link(address, _string(element.get("text")) or address)
        case "emoji":
            return f":{_string(element.get('name'))}:"
        case "user" | "usergroup" | "channel":
            return escaped(_string(element.get(f"{element['type']}_id")))
        case "broadcast":
            return {"here": "@here"}.get(_string(element.get("range")), "@channel")
        case "text":
            return _styled(element)
        case _:
            return "".join(inside)


def _words(element: Mapping[str, Any]) -> str:
    """The plain text in preformatted text, which no fence can end."""
    found = "".join(
        _string(each.get("text")) or _string(each.get("url")) for each in _mappings(element.get("elements"))
    )
    return found.replace("```", "` ` `")


def _styled(element: Mapping[str, Any]) -> str:
    words = _string(element.get("text"))
    inner = words.strip()
    if not inner:
        return words
    style = _mapping(element.get("style"))
    lead, tail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    if style.get("code") and "`" not in inner and "\n" not in inner:
        return f"{lead}`{inner}`{tail}"
    shown = "\n".join(escaped(line) for line in inner.split("\n"))
    for name, marker in (("strike", "~~"), ("italic", "_"), ("bold", "**")):
        shown = f"{marker}{shown}{marker}" if style.get(name) else shown
    return lead + shown + tail


def _text(text: Mapping[str, Any]) -> str:
    words = _string(text.get("text"))
    return escaped(words) if text.get("type") == "plain_text" else to_markdown(words)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _mappings(value: object) -> Iterable[Mapping[str, Any]]:
    """The objects in a list; anything else is passed over."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [found for each in items if (found := _mapping(each))]


_BLOCKS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": _divider,
    "image": _image,
    "rich_text": _rich_text,
}
