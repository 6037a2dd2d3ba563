"""Row 16: Slack's payload as the text of a message."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.slack.payload import Refused, read, text_of

JSON = "application/json"


def text(**payload):
    return text_of(read(JSON, json.dumps(payload).encode()))


def refused(content_type, body):
    with pytest.raises(Refused) as error:
        text_of(read(content_type, body))
    return error.value.word


def test_it_comes_as_json_or_as_a_form():
    body = b"payload=%7B%22text%22%3A+%22*a*+%26amp%3B+b%22%7D"

    assert text_of(read("application/json; charset=utf-8", b'{"text": "*a*"}')) == "**a**"
    assert text_of(read("application/x-www-form-urlencoded", body)) == r"**a** \& b"
    assert text_of(read("Application/X-WWW-Form-Urlencoded; charset=utf-8", body)) == r"**a** \& b"
    assert text_of(read("application/x-www-form-urlencoded", b'{"text": "curl -d"}')) == "curl -d"


def test_a_text_that_is_not_mrkdwn_shows_as_it_is():
    assert text(text="*a*\n# b", mrkdwn=False) == "\\*a\\*\n\\# b"


def test_blocks_are_shown_instead_of_the_text():
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Deployed *7*"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*api* is up"},
         "fields": [{"type": "mrkdwn", "text": "*When* now"}, {"type": "plain_text", "text": "by_ada"}]},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "took _3 s_"},
                                         {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a"}]},
        {"type": "image", "image_url": "https://x.example/b.png", "alt_text": "graph"},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Undo"}}]},
    ]  # fmt: skip

    assert text(text="for notifications", blocks=blocks) == (
        "**Deployed \\*7\\***\n\n"
        "**api** is up\n**When** now\nby\\_ada\n\n"
        "---\n\n"
        "took _3 s_ · [a](<https://x.example/a.png>)\n\n"
        "[graph](<https://x.example/b.png>)"
    )


def test_rich_text_is_written_with_its_styles():
    line = [
        {"type": "text", "text": "Hello "},
        {"type": "text", "text": "there", "style": {"bold": True, "italic": True}},
        {"type": "link", "url": "https://x.example", "text": "here"},
    ]
    item = {"type": "text", "text": "a"}
    elements = [
        {"type": "rich_text_section", "elements": line},
        {"type": "rich_text_list", "elements": [{"type": "rich_text_section", "elements": [item]}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = *y*"}]},
    ]  # fmt: skip

    assert text(blocks=[{"type": "rich_text", "elements": elements}]) == (
        "Hello **_there_**[here](<https://x.example>)\n\n- a\n\n```\nx = *y*\n```"
    )


def test_attachments_are_quoted_below_the_text():
    attachment = {
        "fallback": "not shown",
        "color": "danger",
        "pretext": "Look:",
        "author_name": "CI",
        "title": "Build 7",
        "title_link": "https://ci.example/7",
        "text": "failed in *2* steps",
        "fields": [{"title": "Branch", "value": "main", "short": True}, {"title": "Tries", "value": 3}],
        "footer": "ci",
    }

    assert text(text="Alas", attachments=[attachment, {"fallback": "only this"}]) == (
        "Alas\n\nLook:\n\n"
        "> CI\n>\n> **[Build 7](<https://ci.example/7>)**\n>\n> failed in **2** steps\n>\n"
        "> **Branch** main\n> **Tries** 3\n>\n> _ci_\n\n"
        "only this"
    )


@pytest.mark.parametrize("kind", ["actions", "input", "video"])
def test_the_text_is_shown_where_the_blocks_show_nothing(kind):
    assert text(text="*Build* failed", blocks=[{"type": kind}]) == "**Build** failed"


def test_an_attachment_may_have_links_blocks_and_a_picture():
    attachment = {
        "author_name": "CI",
        "author_link": "https://ci.example",
        "blocks": [{"type": "divider"}],
        "image_url": "https://x.example/a.png",
    }

    assert text(attachments=[attachment]) == (
        "> [CI](<https://ci.example>)\n>\n> ---\n>\n> [https://x.example/a.png](<https://x.example/a.png>)"
    )


def test_as_many_blocks_and_attachments_as_slack_takes_are_taken():
    assert text(blocks=[{"type": "divider"}] * 50).count("---") == 50
    assert text(attachments=[{"text": "a"}] * 100).count("> a") == 100


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ({"title": {"type": "plain_text", "text": "Load"}, "alt_text": "graph"}, "[Load](<https://x.example/b.png>)"),
        ({"alt_text": "graph"}, "[graph](<https://x.example/b.png>)"),
        ({}, "[https://x.example/b.png](<https://x.example/b.png>)"),
        ({"image_url": "javascript:alert(1)", "alt_text": "graph"}, "graph"),
        ({"image_url": "https://x.example/> [b](<https://y.example", "alt_text": "graph"}, "graph"),
    ],
)
def test_a_picture_is_a_link_with_the_best_name_that_it_has(named, shown):
    assert text(blocks=[{"type": "image", "image_url": "https://x.example/b.png", **named}]) == shown


@pytest.mark.parametrize(
    ("element", "shown"),
    [
        ({"type": "text", "text": "2*3", "style": {"code": True}}, "`2*3`"),
        ({"type": "text", "text": "2`3", "style": {"code": True}}, "2\\`3"),
        ({"type": "text", "text": "2*3", "style": {"strike": True}}, "~~2\\*3~~"),
        ({"type": "text", "text": " so ", "style": {"bold": True}}, "x **so** x"),
        ({"type": "text", "text": "  ", "style": {"bold": True}}, "x  x"),
        ({"type": "emoji", "name": "tada"}, ":tada:"),
        ({"type": "user", "user_id": "U_1"}, "U\\_1"),
        ({"type": "broadcast", "range": "here"}, "@here"),
        ({"type": "broadcast", "range": "everyone"}, "@channel"),
        ({"type": "link", "url": "https://x.example"}, "[https://x.example](<https://x.example>)"),
    ],
)
def test_each_element_of_rich_text_shows_as_what_it_is(element, shown):
    line = [{"type": "text", "text": "x"}, element, {"type": "text", "text": "x"}]
    section = {"type": "rich_text_section", "elements": line if shown.startswith("x") else [element]}

    assert text(blocks=[{"type": "rich_text", "elements": [section]}]) == shown


def test_quotes_and_fences_of_rich_text_end_where_they_end():
    elements = [
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "one\ntwo"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a\n```\n# b"}]},
    ]

    assert text(blocks=[{"type": "rich_text", "elements": elements}]) == "> one\n> two\n\n```\na\n` ` `\n# b\n```"


def test_rich_text_that_goes_too_deep_is_none():
    deep = {"type": "text", "text": "x"}
    for _ in range(5):
        deep = {"type": "rich_text_section", "elements": [deep]}

    assert refused(JSON, json.dumps({"blocks": [{"type": "rich_text", "elements": [deep]}]}).encode()) == (
        "invalid_blocks"
    )


@pytest.mark.parametrize(
    ("content_type", "body", "word"),
    [
        (JSON, b"", "invalid_payload"),
        (JSON, b"[1]", "invalid_payload"),
        (JSON, b'{"text": 3}', "invalid_payload"),
        (JSON, b"\xff", "invalid_payload"),
        (JSON, b"[" * 100_000, "invalid_payload"),
        (JSON, b'{"blocks": [{"type": ' + b"[" * 100_000, "invalid_payload"),
        ("application/x-www-form-urlencoded", b"text=hello", "invalid_payload"),
        ("application/x-www-form-urlencoded", b"\xff=%ff", "invalid_payload"),
        ("application/x-www-form-urlencoded", b"a=b&" * 10_000 + b'payload={"text": "a"}', "invalid_payload"),
        (JSON, b"{}", "no_text"),
        (JSON, b'{"text": "  "}', "no_text"),
        (JSON, b'{"text": "\\u200b"}', "no_text"),
        (JSON, b'{"blocks": [{"type": "actions"}]}', "no_text"),
        (JSON, b'{"blocks": [{"text": "typeless"}]}', "invalid_blocks"),
        (JSON, json.dumps({"blocks": [{"type": "divider"}] * 51}).encode(), "invalid_blocks"),
        (JSON, json.dumps({"attachments": [{"text": "a"}] * 101}).encode(), "too_many_attachments"),
    ],
)
def test_what_is_wrong_is_said_in_slacks_words(content_type, body, word):
    """Row 16."""
    assert refused(content_type, body) == word


KEYS = ("type", "text", "fields", "elements", "image_url", "alt_text", "title", "style", "url", "name", "bold")
TYPES = ("header", "section", "context", "divider", "image", "rich_text", "rich_text_list", "text", "link", "user")
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES | st.sampled_from(TYPES), max_size=5), max_size=4))
def test_no_blocks_do_more_than_be_refused(blocks):
    with contextlib.suppress(Refused):
        assert text(blocks=blocks, text="x")
