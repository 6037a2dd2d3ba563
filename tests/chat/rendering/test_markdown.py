"""A message's Markdown as HTML."""

import time
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chorus.chat.rendering.code import PATIENCE, TooLong, within
from chorus.chat.rendering.emoji import EMOJI, NAMED
from chorus.chat.rendering.markdown import render, render_markdown
from chorus.chat.rendering.plain import render_plain

LINK = 'target="_blank" rel="noopener noreferrer nofollow ugc"'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hello there.", "<p>Hello there.</p>"),
        ("*so* **very** ~~un~~clear", "<p><em>so</em> <strong>very</strong> <s>un</s>clear</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("a `b < c` d", "<p>a <code>b &lt; c</code> d</p>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        ("[ours](https://a.example 'T')", f'<p><a href="https://a.example" title="T" {LINK}>ours</a></p>'),
        ("<ada@a.example>", f'<p><a href="mailto:ada@a.example" {LINK}>ada@a.example</a></p>'),
    ],
)
def test_markdown_becomes_html(text, html):
    assert render(text) == html


@pytest.mark.parametrize(
    "text", ["[docs]: https://a.example", "[](https://a.example)", "#", ">", "-", "```", "&#8203;"]
)
def test_a_text_of_which_markdown_shows_nothing_is_shown_as_it_was_written(text):
    assert render(text) == f"<p>{escape(text)}</p>"


@pytest.mark.parametrize("text", ["***", "see [docs]\n\n[docs]: https://a.example", "```\n.\n```"])
def test_a_text_of_which_markdown_shows_something_is_markdown(text):
    assert render(text) != f"<p>{escape(text)}</p>".replace("\n", "<br>\n")


def test_a_table_becomes_a_table():
    assert "<td>1</td>" in render("|a|b|\n|-|-|\n|1|2|")


def test_an_image_stays_a_link_so_that_reading_tells_nobody():
    assert render("![cat](https://a.example/cat.png)") == f'<p>!<a href="https://a.example/cat.png" {LINK}>cat</a></p>'


# Bare addresses


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://a.example/x?y=1, please", "https://a.example/x?y=1"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/wiki/A_(b)", "https://a.example/wiki/A_(b)"),
        ("is it http://a.example?!", "http://a.example"),
        ("https://a.example/a_b_c.", "https://a.example/a_b_c"),
        ("**https://a.example**", "https://a.example"),
    ],
)
def test_a_bare_address_is_a_link_without_the_sentences_punctuation(text, address):
    assert f'<a href="{address}" {LINK}>{address}</a>' in render(text)


@pytest.mark.parametrize(
    "text", ["`https://a.example`", "```\nhttps://a.example\n```", "ftp://a.example", "xhttp://a.b"]
)
def test_an_address_in_code_or_of_another_kind_is_no_link(text):
    assert "<a" not in render(text)


def test_an_address_that_is_a_link_already_is_not_one_twice():
    assert render("[https://a.example](https://b.example)").count("<a ") == 1


# Quotes


@pytest.mark.parametrize("lines", [1, 9, 10, 11, 40])
def test_the_last_paragraph_of_a_quote_goes_on_in_lines_without_its_sign(lines):
    html = render("> a\n" + "b\n" * lines + "\nc")

    assert html == "<blockquote>\n<p>a" + "<br>\nb" * lines + "</p>\n</blockquote>\n<p>c</p>"


def test_a_quote_goes_on_after_lines_without_its_sign():
    assert render("> a\nb\nc\n> d").count("<blockquote>") == 1


# Code


def test_code_of_a_known_language_is_coloured():
    html = render("```python\nif x < 1: pass\n```")

    assert html.startswith('<pre><code class="language-python"><span class="k">if</span>')
    assert "&lt;" in html


def test_code_of_an_unknown_language_is_escaped_and_plain():
    html = render('```"><script>\n<b>x</b>\n```')

    assert html.endswith(">&lt;b&gt;x&lt;/b&gt;\n</code></pre>")
    assert "<script" not in html


def test_a_language_that_is_unknown_leaves_no_class():
    assert "mermaid" not in render("```mermaid\na\n```")


def test_a_language_may_be_written_in_any_case():
    assert '<span class="k">if</span>' in render("```Python\nif x: pass\n```")


def test_blank_lines_at_the_beginning_of_code_stay():
    assert render("```python\n\n\nx\n```").startswith('<pre><code class="language-python">\n\n')


def test_long_code_stays_plain():
    assert "<span" not in render("```python\n" + "if x: pass\n" * 800 + "```")


def test_code_with_a_long_stretch_of_blanks_stays_plain():
    assert "<span" in render(f"```python\nif x:{' ' * 90}pass\n```")
    assert "<span" not in render(f"```python\nif x:{' ' * 100}pass\n```")


# Emoji


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Done :tada:", "Done 🎉"),
        (":white_check_mark: *Build 7* :+1:", "✅ <em>Build 7</em> 👍"),
        ("Hello :wave::skin-tone-3:", "Hello 👋🏼"),
        ("(:fire:)", "(🔥)"),
    ],
)
def test_an_emoji_stands_where_its_name_was(text, shown):
    """As people, and programs that speak to Slack, type them."""
    assert render(text) == render_markdown(text) == f"<p>{shown}</p>"


@pytest.mark.parametrize(
    "text", ["at 10:100:20", "std:fire:off", ":no_such_name:", ":Tada:", ": tada :", "a:b:c", ":tada", "::"]
)
def test_what_is_no_name_stays_as_it_was_written(text):
    assert render(text) == render_markdown(text) == f"<p>{text}</p>"


def test_names_in_code_and_in_addresses_are_left_alone():
    assert render("`:tada:`") == "<p><code>:tada:</code></p>"
    assert "/:tada:/" in render("https://a.example/:tada:/")
    assert ":tada:" in render("```\n:tada:\n```")


def test_every_name_can_be_typed_and_no_emoji_is_letters():
    assert [name for name in EMOJI if not NAMED.fullmatch(f":{name}:")] == []
    assert [emoji for emoji in EMOJI.values() if emoji.isascii()] == []


# The short way


@pytest.mark.parametrize(
    "text", ["Hello there, how are you?", "Yes", "It's 5 o'clock: \"tea\" - for 2 (two)", "Grüße 👋"]
)
def test_a_plain_sentence_takes_the_short_way(text):
    assert render_plain(text) == render_markdown(text)


@pytest.mark.parametrize(
    "text", ["- a", "1. a", "# a", "a *b*", "a\nb", "a <b>", "https://a.example", " a", "a ", "a&b"]
)
def test_what_markdown_may_read_goes_the_long_way(text):
    assert render_plain(text) is None


@given(st.text(max_size=60))
@example("a\x0cb")
@example("a\u2028b")
@example("a\x85b")
@example("A: https:x //y")
@example("A :tada: b")
@example("a \x1c")
@example("A\xa00")
def test_the_short_way_gives_what_the_long_way_gives(text):
    plain = render_plain(text)
    if plain is not None:
        assert plain == render_markdown(text)


# No way to run a script


TAGS = {
    *("a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s"),
    *("span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {"href", "title", "rel", "target", "class", "start"}


class Strict(HTMLParser):
    """Fails on whatever is not on its own short list, written down independently of the renderer's."""

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS, tag
        for name, value in attributes:
            assert name in ATTRIBUTES, name
            if name == "href":
                assert value.lower().startswith(("http://", "https://", "mailto:")), value
            if name == "target":
                assert value == "_blank"

    def handle_comment(self, data):
        raise AssertionError(f"comment: {data}")

    handle_decl = unknown_decl = handle_pi = handle_comment


def assert_harmless(html):
    parser = Strict()
    parser.feed(html)
    parser.close()


with open(__file__.replace("test_markdown.py", "scripts.txt"), encoding="utf-8") as _file:
    SCRIPTS = [line.rstrip("\n").replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0") for line in _file]


def test_the_list_of_attempts_is_there():
    assert len(SCRIPTS) >= 100


@pytest.mark.parametrize("attempt", SCRIPTS)
def test_no_script_gets_through(attempt):
    assert_harmless(render(attempt))
    assert_harmless(render(f"**{attempt}** [x]({attempt}) `{attempt}`"))
    assert_harmless(render(f"```html {attempt}\n{attempt}\n```"))


@given(
    st.lists(st.sampled_from([*SCRIPTS, "[", "](", ")", "<", ">", "`", "```", "\n", "|", "\\", "&", '"']), max_size=6)
)
def test_no_script_gets_through_in_pieces(pieces):
    assert_harmless(render("".join(pieces)))


# No way to keep a processor busy

COSTLY = {
    "brackets": "[_",
    "open links": "[aa\\\n*a*[a]([a]|||\n(@b.c_- a\n   >~~~\n",
    "emphasis": "_*",
    "quotes": "> ",
    "nested": "- > 1. ",
    "fences in quotes": "a\n>~~~\n",
    "quotes around links": "[\n>~~~\n>[",
    "backticks": "`a",
    "addresses": "http://a).",
    "autolinks": "<http://a>",
    "tables": "a|\n-|\n",
    "fences": "```c\n1+1\n```\n",
    "html": "<a",
    "calls": "@all ",
}


def wide_table(columns, size):
    """A header of many columns above rows of one character."""
    return ("|".join("a" * columns) + "\n" + "|".join("-" * columns) + "\n" + "|\n" * size)[:size]


def rendered(text):
    """The HTML, and what it cost in seconds of the processor."""
    began = time.process_time()
    html = render_markdown(text)
    return html, time.process_time() - began


def rendered_within(limit, text):
    """The HTML, at a cost below the limit once out of three times: something else may have come between."""
    for _ in range(3):
        html, cost = rendered(text)
        if cost < limit:
            return html
    raise AssertionError(f"took {cost:.3f} s of the processor, expected less than {limit:.3f} s")


@pytest.fixture(scope="module")
def usual():
    """What 1,000 characters cost that somebody may well write."""
    text = ("Some *words* and a [link](https://a.example), `code`.\n\n- a list\n" * 20)[:1000]
    return min(rendered(text)[1] for _ in range(5))


@pytest.mark.parametrize("columns", [10, 33, 109, 250])
def test_a_table_of_many_columns_above_short_rows_costs_what_is_usual_and_stays_small(columns, usual):
    text = wide_table(columns, 1000)

    assert len(rendered_within(10 * usual, text)) <= 9000


def test_the_rows_of_a_table_that_nobody_wrote_are_text_and_nothing_is_lost():
    html = render("a|b|c|d|e\n-|-|-|-|-\n" + "\n".join(str(n) for n in range(40)))

    assert html.count("<td>") < 100
    assert all(str(n) in html for n in range(40))


def test_a_table_with_all_its_cells_may_be_long():
    row = "|".join("abcdef")
    html = render(f"{row}\n{'|'.join('-' * 6)}\n" + f"{row}\n" * 100)

    assert html.count("<td>") == 600


def test_html_out_of_all_proportion_gives_way_to_the_text_as_it_was_written():
    text = "<a@b.c>\n" * 500

    assert render(text) == "<p>" + "<br>\n".join(["&lt;a@b.c&gt;"] * 500) + "<br>\n</p>"


@pytest.mark.parametrize("attempt", [pytest.param(unit, id=name) for name, unit in COSTLY.items()])
def test_a_text_made_to_cost_much_grows_in_proportion(attempt, usual):
    """At half of the longest at most 20 times what is usual: so 40 times at the longest, though it grew squared."""
    text = (attempt * 8000)[:8000]

    assert len(rendered_within(8 * 20 * usual, text)) <= 8 * len(text) + 1000


@pytest.mark.alone
@pytest.mark.parametrize("language", ["java", "c", "scala", "python", "makefile", "typescript"])
@pytest.mark.parametrize("unit", ["\n", "a\n", " \n", "a."])
def test_code_made_to_cost_much_is_not_coloured_for_long(language, unit):
    """Whatever the lexer does between two looks at the clock."""
    for size in (15_990, 3990):
        rendered_within(5 * PATIENCE, f"```{language}\n{unit * 16_000}"[:size] + "\n```")


def test_code_that_takes_longer_than_code_does_is_given_up():
    seconds = iter([0.0, 0.5 * PATIENCE, 0.9 * PATIENCE, 1.1 * PATIENCE])
    tokens = within("abc", lambda: next(seconds))

    assert [next(tokens), next(tokens)] == ["a", "b"]
    with pytest.raises(TooLong):
        next(tokens)


def test_code_that_was_given_up_stays_plain_and_whole(monkeypatch):
    monkeypatch.setattr("chorus.chat.rendering.code.PATIENCE", -1.0)

    assert render("```python\nprint('<b>')\n```") == (
        "<pre><code class=\"language-python\">print('&lt;b&gt;')\n</code></pre>"
    )
