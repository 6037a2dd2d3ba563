"""Row 16: Slack's mrkdwn becomes our Markdown and shows the same."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.rendering.markdown import render
from chorus.chat.slack.mrkdwn import to_markdown


def shown(mrkdwn):
    """The HTML, without what every link has."""
    return re.sub(r' (target|rel)="[^"]*"', "", render(to_markdown(mrkdwn))).replace("\n", "")


@pytest.mark.parametrize(
    ("mrkdwn", "html"),
    [
        ("*bold* _italic_ ~struck~", "<p><strong>bold</strong> <em>italic</em> <s>struck</s></p>"),
        ("*all _of ~it~ here_*", "<p><strong>all <em>of <s>it</s> here</em></strong></p>"),
        ("2 * 3 * 4, snake_case_name", "<p>2 * 3 * 4, snake_case_name</p>"),
        ("`a *b*` and *`c`*", "<p><code>a *b*</code> and <strong><code>c</code></strong></p>"),
        ("```\nx = *y*\n```", "<pre><code>x = *y*</code></pre>"),
        (
            "<https://ci.example/?a=1&amp;b=2|build *7*>",
            '<p><a href="https://ci.example/?a=1&amp;b=2">build *7*</a></p>',
        ),
        ("`a` <https://ci.example|build `b`>", '<p><code>a</code> <a href="https://ci.example">build `b`</a></p>'),
        ("`<https://a.example|a>` <b `c`>", "<p><code>&lt;https://a.example|a&gt;</code> &lt;b <code>c</code>&gt;</p>"),
        ("<https://ci.example/_x_>", '<p><a href="https://ci.example/_x_">https://ci.example/_x_</a></p>'),
        ("at https://a.example/_b_c,", '<p>at <a href="https://a.example/_b_c">https://a.example/_b_c</a>,</p>'),
        ("<mailto:ada@example.org|Ada>", '<p><a href="mailto:ada@example.org">Ada</a></p>'),
        ("<javascript:alert(1)|press>", "<p>&lt;javascript:alert(1)|press&gt;</p>"),
        ("<!here>", '<p><span class="mention" data-mention="0">@here</span></p>'),
        ("<!everyone>", '<p><span class="mention" data-mention="0">@channel</span></p>'),
        ("<!date^1392734382^{date}|18 February>, <#C02|plans>", "<p>18 February, #plans</p>"),
        ("&lt;b&gt; &amp;amp; <b>", "<p>&lt;b&gt; &amp;amp; &lt;b&gt;</p>"),
        ("# no heading\n---\n[no](link)", "<p># no heading<br>---<br>[no](link)</p>"),
        ("> said\nanswered", "<blockquote><p>said</p></blockquote><p>answered</p>"),
        (">>> all\nof it", "<blockquote><p>all<br>of it</p></blockquote>"),
        ("    not code", "<p>not code</p>"),
        ("a | b\n--- | ---", "<p>a | b<br>--- | ---</p>"),
    ],
)  # fmt: skip
def test_it_shows_what_slack_shows(mrkdwn, html):
    """Row 16."""
    assert shown(mrkdwn) == html


def test_people_are_called_by_their_handle():
    assert to_markdown("<@ada_l> <@U123|grace> @linus_t") == "@ada_l @grace @linus_t"


words = st.text("abcäß 日本,;:!?()\"'$%/^{}", min_size=1, max_size=12).map(str.strip).filter(bool)
literal = st.text("ab1 \\`*_~[]<>|&#-=+!.()\n\0", max_size=40)


@given(words)
def test_words_are_not_touched(text):
    assert to_markdown(text) == text


@given(literal)
def test_whatever_comes_is_taken_and_nothing_is_left_of_our_marks(text):
    markdown = to_markdown(text)

    assert "\0" not in markdown
    assert "<h1" not in render(markdown)


@given(st.text("ab1 \\[]#-=+!.()|", max_size=40))
def test_what_is_no_formatting_of_slacks_shows_as_it_was_written(text):
    told = unescape(re.sub(r"<[^>]+>", " ", render(to_markdown(text) or "x"))) if text.strip() else ""
    lists = r"(?m)^\s*(?:[-+]|\d{1,9}[.)])(?=\s)"  # what Markdown makes a list of is as good

    assert "".join(told.split()) == "".join(re.sub(lists, "", text).split()) or re.search(lists, text)


tree = st.recursive(
    words.map(lambda text: ("text", text)),
    lambda inner: st.tuples(st.sampled_from(["strong", "em", "s"]), inner),
    max_leaves=3,
).filter(lambda node: len(set(tags(node))) == len(tags(node)))


def tags(node):
    return [node[0], *tags(node[1])] if node[0] != "text" else []


def as_mrkdwn(node):
    if node[0] == "text":
        return node[1].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marker = {"strong": "*", "em": "_", "s": "~"}[node[0]]
    return f"{marker}{as_mrkdwn(node[1])}{marker}"


def as_html(node):
    return node[1] if node[0] == "text" else f"<{node[0]}>{as_html(node[1])}</{node[0]}>"


@given(st.lists(tree, min_size=1, max_size=4))
def test_formatting_in_formatting_is_the_same_formatting(nodes):
    """Row 16."""
    html = shown(" ".join(["x", *map(as_mrkdwn, nodes), "x"]))

    assert unescape(html) == f"<p>{' '.join(['x', *map(as_html, nodes), 'x'])}</p>"
