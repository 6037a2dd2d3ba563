"""What a query means: row 13."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.domain.errors import ChatError, Invalid, TooLarge
from chorus.chat.domain.search import LONGEST_EXCERPT, Has, Search, Term, excerpt, parse
from chorus.chat.domain.words import words_in

DAY = 86_400_000


@pytest.mark.parametrize(
    ("query", "search"),
    [
        ("Meet tomorrow", Search((Term(("meet",)), Term(("tomorrow",))))),
        ('"on  Friday" meet', Search((Term(("on", "friday")), Term(("meet",))))),
        ("well-known", Search((Term(("well", "known")),))),
        ("meet*", Search((Term(("meet",), prefix=True),))),
        ("Café", Search((Term(("cafe",)),))),
        ("from:@Ada from:me", Search(senders=("ada", "me"))),
        ("in:#General", Search(channels=("general",))),
        ("before:1970-01-02", Search(until=DAY)),
        ("after:1970-01-02", Search(since=2 * DAY)),
        ("on:1970-01-02", Search(since=DAY, until=2 * DAY)),
        ("after:1970-01-02 after:1970-01-04 before:1970-01-09", Search(since=4 * DAY, until=8 * DAY)),
        ("has:link has:IMAGE", Search(has=Has.LINK | Has.IMAGE)),
        ("mentions:me", Search(mentions_me=True)),
        ("https://example.org", Search((Term(("https", "example", "org")),))),
        ('"never closed', Search((Term(("never", "closed")),))),
        ('in:"general" x', Search((Term(("x",)),), channels=("general",))),
        ('"on fri"*', Search((Term(("on", "fri")),))),
        ("on-fri*", Search((Term(("on", "fri"), prefix=True),))),
        ("FROM:ada In:general HAS:Code", Search(senders=("ada",), channels=("general",), has=Has.CODE)),
        ("before:1970-01-09 before:1970-01-03", Search(until=2 * DAY)),
        ("mentions:@Me", Search(mentions_me=True)),
        ("x" * 500, Search((Term(("x" * 64,)),))),
        ("a " * 18 + "from:ada in:general", Search((Term(("a",)),) * 18, senders=("ada",), channels=("general",))),
    ],
)
def test_a_query_is_understood(query, search):
    assert parse(query) == search


@pytest.fixture
def tokyo(monkeypatch):
    """The server's clock on the wall is nine hours before UTC's."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_row_13_a_day_is_the_day_of_utc_wherever_the_server_is():
    assert parse("on:1970-01-02") == Search(since=DAY, until=2 * DAY)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "at least one word"),
        ("... !", "at least one word"),
        ("from:", "after the colon"),
        ("before:tomorrow", "a day as"),
        ("after:2026-02-30", "a day as"),
        ("after:9999-12-31", "a day as"),
        ('in:""', "after the colon"),
        ("has:money", "expected one of link, code, file, image"),
        ("mentions:bob", "expected me"),
    ],
)
def test_what_cannot_be_understood_is_named(query, found):
    with pytest.raises(Invalid, match=found):
        parse(query)


@pytest.mark.parametrize(
    "query",
    [
        "x" * 501,
        "a " * 21,
        "a " * 20 + "from:ada",
        "a " * 20 + "in:general",
        " ".join(f"from:u{number}" for number in range(21)),
    ],
)
def test_a_query_has_a_bound(query):
    with pytest.raises(TooLarge):
        parse(query)


@given(st.text(max_size=500))
def test_row_13_any_text_is_understood_or_refused(query):
    try:
        search = parse(query)
    except ChatError:
        return
    assert search != Search()
    assert all(term.words for term in search.terms)


_handles = st.from_regex(r"[a-z][a-z0-9._-]{1,10}", fullmatch=True)
_plain = st.from_regex(r"[a-z0-9]{1,10}", fullmatch=True)


@given(st.lists(_plain, max_size=4), st.lists(_handles, max_size=2, unique=True), st.booleans(), st.randoms())
def test_the_order_of_filters_and_words_does_not_matter(words, handles, mentions, random):
    pieces = [*words, *(f"from:{handle}" for handle in handles), *(["mentions:me"] if mentions else [])]
    if not pieces:
        return
    search = parse(" ".join(pieces))
    random.shuffle(pieces)
    shuffled = parse(" ".join(pieces))

    assert sorted(shuffled.terms, key=repr) == sorted(search.terms, key=repr)
    assert set(shuffled.senders) == set(handles)
    assert shuffled.mentions_me == mentions


@given(st.text(max_size=300))
def test_words_are_parts_of_the_text_in_order_and_compare_as_themselves(text):
    words = list(words_in(text))

    assert all(one.end <= other.start for one, other in pairwise(words))
    for each in words:
        assert [again.word for again in words_in(each.word)][:1] in ([each.word], [each.word[:1]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Stra\u00dfe STRASSE", ["strasse", "strasse"]),
        ("\u00c9T\u00c9 e\u0301te\u0301", ["ete", "ete"]),
        ("\ufb01ne \u2460 \uff21", ["fine", "1", "a"]),
        ("\u0939\u093f\u0928\u094d\u0926\u0940", ["\u0939\u093f\u0928\u094d\u0926\u0940"]),
        ("\u00bd", ["12"]),
        ("\ud55c\uae00", ["\ud55c\uae00"]),
        ("x" * 70 + " \u00e9" + "y" * 70, ["x" * 64, "e" + "y" * 63]),
        ("X" * 70, ["x" * 64]),
        ("\u4eacx\u6771", ["\u4eac", "x", "\u6771"]),
    ],
)
def test_row_13_case_accents_and_forms_do_not_count_and_a_word_has_a_bound(text, words):
    assert [each.word for each in words_in(text)] == words


def test_scripts_without_spaces_are_found_by_any_stretch():
    assert [each.word for each in words_in("東京タワー x")] == ["東", "京", "タ", "ワ", "ー", "x"]


@given(st.text(max_size=600), st.text(max_size=20))
def test_an_excerpt_is_a_bounded_stretch_of_the_text(text, query):
    try:
        terms = parse(query).terms
    except ChatError:
        return
    parts = excerpt(text, terms)

    assert len(parts) % 2 == 1
    assert len("".join(parts)) <= LONGEST_EXCERPT + 2
    assert "".join(parts).strip("…").strip() in " ".join(text.split()) or "…" in text or text.split() != text.split(" ")


def test_an_excerpt_shows_the_hits():
    assert excerpt("Shall we meet at nine?", parse("meet nin*").terms) == ("Shall we ", "meet", " at ", "nine", "?")


def test_an_excerpt_of_a_long_text_is_around_the_first_hit():
    found = excerpt("word " * 500 + "needle" + " word" * 500, parse("needle").terms)

    assert found[0].startswith("…word")
    assert found[1] == "needle"
    assert found[2].endswith("…")


def test_an_excerpt_shows_every_hit_once_in_the_order_of_the_text():
    text = "nine, then meet at nine"

    assert excerpt(text, parse('"at nine" meet nine').terms) == ("", "nine", ", then ", "meet", " ", "at nine", "")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"on friday"', ("on Monday, ", "on Friday", "")),
        ("on-fri*", ("on Monday, ", "on Friday", "")),
        ("on-fri", ("on Monday, on Friday",)),
        ('"friday on"', ("on Monday, on Friday",)),
        ('"monday then friday"', ("on Monday, on Friday",)),
    ],
)
def test_row_13_a_phrase_is_shown_where_all_of_it_stands(query, found):
    assert excerpt("on Monday, on Friday", parse(query).terms) == found


def test_a_hit_beyond_an_excerpts_end_is_not_shown():
    text = "needle " + "word " * 100 + "needle"

    found = excerpt(text, parse("needle").terms)

    assert found[:2] == ("", "needle")
    assert len(found) == 3
    assert len("".join(found)) == LONGEST_EXCERPT + 1


def test_an_excerpt_begins_with_a_whole_word_and_has_no_line_breaks():
    assert excerpt("abcdefg " * 20 + "\n\n needle", parse("needle").terms)[0] == "…" + "abcdefg " * 7


def excerpt_within(limit, text, query):
    """The excerpt, at a cost below the limit once out of three times: something else may have come between."""
    terms = parse(query).terms
    for _ in range(3):
        began = time.process_time()
        found = excerpt(text, terms)
        cost = time.process_time() - began
        if cost < limit:
            return found
    raise AssertionError(f"took {cost:.3f} s of the processor, expected less than {limit:.3f} s")


@pytest.fixture(scope="module")
def usual():
    """What it costs to look through the longest text for one word that is not there."""
    terms = parse("needle").terms
    costs = []
    for _ in range(5):
        began = time.process_time()
        excerpt("好" * 16_000, terms)
        costs.append(time.process_time() - began)
    return min(costs)


@pytest.mark.parametrize(
    ("letter", "query"),
    [
        pytest.param("好", "好 " * 20, id="twenty times the same word"),
        pytest.param("好", " ".join("好" * length for length in range(1, 21)), id="twenty phrases that are everywhere"),
        pytest.param("好", '"' + "好" * 450 + '吗"', id="a phrase that is nowhere, and its beginning everywhere"),
        pytest.param("a ", "a* " * 20, id="twenty times the same beginning"),
    ],
)
def test_an_excerpt_costs_what_its_text_costs_whatever_is_looked_for(usual, letter, query):
    text = (letter * 16_000)[:16_000]

    assert len("".join(excerpt_within(3 * usual, text, query))) <= LONGEST_EXCERPT + 2
