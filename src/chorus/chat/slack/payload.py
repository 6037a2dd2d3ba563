"""What is posted to one of Slack's incoming webhooks, as the text of a message. Pure.

    text_of(read("application/json", b'{"text": "*Done*"}'))        # "**Done**"

`username`, `icon_emoji`, `icon_url` and `channel` are accepted and change nothing, as at Slack's own webhooks of today:
who speaks, and where, is the webhook's. Where `blocks` show something, `text` is for notifications and is not shown.

Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import msgspec

from chorus.chat.domain.visible import shows_something
from chorus.chat.slack.blocks import InvalidBlocks, markdown_of
from chorus.chat.slack.mrkdwn import escaped, link, to_markdown

MOST_ATTACHMENTS = 100
"""As Slack has it."""

MOST_FIELDS = 10_000
"""Pairs in a form."""


class Refused(Exception):
    """`word` is Slack's short word for what is wrong, `status` goes with it."""

    def __init__(self, word: str, status: int = 400) -> None:
        super().__init__(word)
        self.word = word
        self.status = status


class Field(msgspec.Struct, frozen=True):
    """A title and a value, in an attachment."""

    title: str | None = None
    value: str | int | float | bool | None = None


class Attachment(msgspec.Struct, frozen=True):
    """The older way to more than a text."""

    fallback: str | None = None
    pretext: str | None = None
    author_name: str | None = None
    author_link: str | None = None
    title: str | None = None
    title_link: str | None = None
    text: str | None = None
    fields: list[Field] | None = None
    image_url: str | None = None
    footer: str | None = None
    blocks: list[dict[str, Any]] | None = None


class Payload(msgspec.Struct, frozen=True):
    """What we read of it; the rest is passed over."""

    text: str | None = None
    mrkdwn: bool | None = None
    blocks: list[dict[str, Any]] | None = None
    attachments: list[Attachment] | None = None


_decoder = msgspec.json.Decoder(Payload)


def read(content_type: str, body: bytes) -> Payload:
    """Read the body of a request: JSON, or a form with JSON in its `payload`.

    Raises:
        Refused: it is neither.
    """
    kind = content_type.partition(";")[0].strip().lower()
    is_form = kind == "application/x-www-form-urlencoded" and not body.lstrip().startswith(b"{")
    try:
        return _decoder.decode(_payload_of(body) if is_form else body)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # ValueError: no UTF-8, or a form that is too long
        raise Refused("invalid_payload") from None


def text_of(payload: Payload) -> str:
    """The message, in Markdown.

    Raises:
        Refused: there is nothing in it, or too much, or blocks that are none.
    """
    attachments = payload.attachments or []
    if len(attachments) > MOST_ATTACHMENTS:
        raise Refused("too_many_attachments")
    try:
        shown = markdown_of(payload.blocks or ()) or _text(payload)
        parts = [shown, *(_attached(each) for each in attachments)]
    except InvalidBlocks:
        raise Refused("invalid_blocks") from None
    text = "\n\n".join(part for part in parts if part.strip())
    if not shows_something(text):
        raise Refused("no_text")
    return text


def _payload_of(form: bytes) -> str:
    return parse_qs(form.decode(), max_num_fields=MOST_FIELDS).get("payload", [""])[0]


def _text(payload: Payload) -> str:
    text = payload.text or ""
    if payload.mrkdwn is False:
        return "\n".join(escaped(line) for line in text.split("\n"))
    return to_markdown(text)


def _attached(attachment: Attachment) -> str:
    """Its pretext, and the rest as a quotation."""
    inside = "\n\n".join(part for part in _parts(attachment) if part.strip())
    quoted = "\n".join(f"> {line}".rstrip() for line in inside.split("\n")) if inside else ""
    parts = [to_markdown(attachment.pretext or ""), quoted]
    text = "\n\n".join(part for part in parts if part)
    return text or to_markdown(attachment.fallback or "")


def _parts(attachment: Attachment) -> Iterator[str]:
    for words, address, strong in (
        (attachment.author_name, attachment.author_link, False),
        (attachment.title, attachment.title_link, True),
    ):
        if words and words.strip():
            shown = link(address, words) if address else escaped(words)
            yield f"**{shown}**" if strong else shown
    yield to_markdown(attachment.text or "")
    yield "\n".join(_field(each) for each in attachment.fields or ())
    if attachment.blocks:
        yield markdown_of(attachment.blocks)
    if attachment.image_url:
        yield link(attachment.image_url, attachment.image_url)
    if attachment.footer and attachment.footer.strip():
        yield f"_{escaped(attachment.footer)}_"


def _field(field: Field) -> str:
    title = f"**{escaped(field.title)}** " if field.title and field.title.strip() else ""
    value = "" if field.value is None else str(field.value)
    return title + to_markdown(value)
