"""Mentions in a message's HTML. Row 10."""

import pytest

from chorus.chat.rendering.markdown import Composed, compose, render

PEOPLE = {"ada": 5, "bob": 6}


def test_a_mention_is_marked_with_its_account():
    assert compose("Hi @ada!", PEOPLE) == Composed(
        '<p>Hi <span class="mention" data-mention="5">@ada</span>!</p>', mentions=(5,)
    )


def test_everybody_is_called_by_channel_and_here():
    composed = compose("@channel and @here", {})

    assert composed.html.count('data-mention="0"') == 2
    assert composed.mentions == (0,)


@pytest.mark.parametrize("text", ["Hello @here", "Hello @ada"])
def test_a_text_that_is_shown_to_one_person_calls_everybody_or_nobody(text):
    assert render(text) == compose(text, {}).html


def test_mentions_stand_within_emphasis_and_quotes():
    assert compose("> *@ada* and **@bob**", PEOPLE).mentions == (5, 6)


@pytest.mark.parametrize(
    "text", ["`@ada`", "```\n@ada\n```", "[@ada](https://example.org)", "https://example.org/@ada", "a@ada.example"]
)
def test_nobody_is_called_in_code_links_and_addresses(text):
    composed = compose(text, PEOPLE)

    assert composed.mentions == ()
    assert "data-mention" not in composed.html


def test_the_mark_cannot_be_written_by_hand():
    assert "<span" not in compose('<span class="mention" data-mention="5">x</span>', PEOPLE).html
